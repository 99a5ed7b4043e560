import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LargeReads } from './large-reads.ts'

function reader() {
  let [pauses, resumed] = [0, 0]
  const resume = () => {
    pauses -= 1
    resumed += 1
  }
  return { pause: () => (pauses += 1), resume, pauses: () => pauses, resumed: () => resumed }
}

test('who is in the midst of a large message waits when one has come, but for the first, and each goes on once', async () => {
  const reads = new LargeReads()
  const [ada, bob, cleo, dan, eve] = [reader(), reader(), reader(), reader(), reader()]
  const pauses = () => [ada, bob, cleo, dan, eve].map((each) => each.pauses())
  for (const each of [eve, ada, bob, cleo]) reads.begin(each)
  reads.end(eve, 4_000_000)
  expect(pauses()).toEqual([0, 1, 1, 0, 0])
  // Who begins meanwhile waits with the others.
  reads.begin(dan)
  expect(pauses()).toEqual([0, 1, 1, 1, 0])
  // One is gone, and one has come: the next is the first.
  reads.end(cleo)
  reads.end(ada, 1_000_000)
  expect(pauses()).toEqual([0, 0, 0, 1, 0])
  await wait(150)
  expect(pauses()).toEqual([0, 0, 0, 0, 0])
  reads.begin(eve)
  expect(pauses()).toEqual([0, 0, 0, 0, 0])
})

test('however fast large messages come, nobody waits for long in one go', async () => {
  const reads = new LargeReads()
  const [first, ada] = [reader(), reader()]
  reads.begin(first)
  reads.begin(ada)
  const over = performance.now() + 700
  while (performance.now() < over && ada.resumed() === 0) {
    reads.end(reader(), 8_000_000)
    await wait(1)
  }
  expect(first.pauses()).toBe(0)
  expect(ada.resumed()).toBeGreaterThan(0)
})

test('a small message has nobody wait', () => {
  const reads = new LargeReads()
  const [ada, bob] = [reader(), reader()]
  reads.begin(bob)
  reads.begin(ada)
  reads.end(reader(), 100_000)
  expect(ada.pauses()).toBe(0)
})
