import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LargeReads } from './large-reads.ts'

function reader() {
  let pauses = 0
  return { pause: () => (pauses += 1), resume: () => (pauses -= 1), pauses: () => pauses }
}

test('who begins a large message while others wait for one that has come waits with them, and each goes on once', async () => {
  const reads = new LargeReads()
  const [ada, bob, cleo, eve] = [reader(), reader(), reader(), reader()]
  for (const each of [ada, bob, eve]) reads.begin(each)
  reads.end(eve, 4_000_000)
  reads.begin(cleo)
  reads.begin(ada)
  expect([ada, bob, cleo, eve].map(({ pauses }) => pauses())).toEqual([1, 1, 1, 0])
  // The one is gone, the other's message was on its way already.
  reads.end(bob)
  reads.end(ada, 1_000_000)
  expect([ada, bob, cleo].map(({ pauses }) => pauses())).toEqual([0, 0, 1])
  await wait(100)
  expect([ada, bob, cleo].map(({ pauses }) => pauses())).toEqual([0, 0, 0])
  reads.begin(ada)
  expect(ada.pauses()).toBe(0)
})

test('a small message has nobody wait', () => {
  const reads = new LargeReads()
  const [ada, bob] = [reader(), reader()]
  reads.begin(ada)
  reads.end(bob, 100_000)
  expect(ada.pauses()).toBe(0)
})
