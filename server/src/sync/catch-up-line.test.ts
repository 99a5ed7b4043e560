import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CatchUpLine } from './catch-up-line.ts'

test('one after the other, with time for others between them, also after one that has failed', async () => {
  const line = new CatchUpLine()
  const begun: number[] = []
  const all = [1, 2, 3].map((n) =>
    line.next(async () => {
      begun.push(n)
      await turn()
      if (n === 1) throw new Error('not readable')
      return n
    }),
  )
  const results = Promise.allSettled(all)
  for (let turns = 0; turns < 5; turns++) await turn()
  expect(begun).toEqual([1])
  expect((await results).map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(begun).toEqual([1, 2, 3])
})
