import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CatchUpLine } from './catch-up-line.ts'

/** A line in which what was put together is said, by who asked for it. */
function open() {
  const line = new CatchUpLine()
  const begun: string[] = []
  const people = new Map<string, object>()
  let state = 0
  return {
    begun,
    /** Somebody waits, who fell behind when nobody else did, or at that moment. */
    wait: (name: string, { at = (state += 1), isIn = true, fails = false } = {}) => {
      if (!people.has(name)) people.set(name, {})
      const who = { person: people.get(name) as object, stateVector: Uint8Array.of(at), isIn: () => isIn }
      return line.next(who, async () => {
        begun.push(name)
        await turn()
        if (fails) throw new Error('not readable')
        return [Uint8Array.of(at)]
      })
    },
  }
}

test('one after the other, with time for others between them, also after one that has failed', async () => {
  const { begun, wait } = open()
  const results = Promise.allSettled([wait('ada', { fails: true }), wait('bob'), wait('cleo')])
  for (let turns = 0; turns < 5; turns++) await turn()
  expect(begun).toEqual(['ada'])
  expect((await results).map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(begun).toEqual(['ada', 'bob', 'cleo'])
})

test('nobody can have others wait for all the stays of theirs that fell behind', async () => {
  const { begun, wait } = open()
  const eves = Array.from({ length: 4 }, () => wait('eve'))
  await Promise.all([wait('ada'), ...eves])
  expect(begun).toEqual(['eve', 'ada', 'eve', 'eve', 'eve'])
})

test('what those lack who fell behind at the same moment is put together once', async () => {
  const { begun, wait } = open()
  const alike = Array.from({ length: 400 }, (_, n) => wait(`viewer ${n}`, { at: 99 }))
  const sent = await Promise.all([...alike, wait('ada')])
  expect(new Set(sent.slice(0, 400).map(([update]) => update)).size).toBe(1)
  expect(begun).toEqual(['viewer 0', 'ada'])
})

test('nothing is put together for who has left, and nobody waits for it', async () => {
  const { begun, wait } = open()
  const [gone] = await Promise.all([wait('eve', { isIn: false }), wait('ada')])
  expect([gone, begun]).toEqual([[], ['ada']])
})
