import { expect, test } from 'vitest'
import { DailyBytes } from './daily-bytes.ts'

const HOUR_MS = 60 * 60 * 1_000

function createBytes() {
  const clock = { now: 0 }
  return { clock, bytes: new DailyBytes({ perUser: 1_000, perAddress: 1_500 }, () => clock.now) }
}

test('nobody has more than a day’s bytes stored, wherever they come from, and what was used comes back over a day', () => {
  const { bytes, clock } = createBytes()
  const [here, there] = [bytes.shareOf('ada', 'here'), bytes.shareOf('ada', 'there')]
  here.took(600)
  expect(there.isUsedUp()).toBe(false)
  // The last may overdraw.
  there.took(900)
  expect([here.isUsedUp(), bytes.shareOf('ada', 'elsewhere').isUsedUp()]).toEqual([true, true])
  clock.now += 11 * HOUR_MS
  expect(here.isUsedUp()).toBe(true)
  clock.now += 2 * HOUR_MS
  expect(here.isUsedUp()).toBe(false)
})

test('an address cannot have more by sending ever new guests', () => {
  const { bytes } = createBytes()
  for (const guest of ['one', 'two', 'three']) bytes.shareOf(guest, 'crowded').took(500)
  expect(bytes.shareOf('four', 'crowded').isUsedUp()).toBe(true)
  expect(bytes.shareOf('four', 'elsewhere').isUsedUp()).toBe(false)
})

test('whoever has all of it again is forgotten', () => {
  const { bytes, clock } = createBytes()
  for (let n = 0; n < 100; n++) bytes.shareOf(`guest-${n}`, 'here').took(10)
  expect(bytes.size).toBe(101)
  clock.now += 24 * HOUR_MS
  bytes.shareOf('ada', 'there').took(10)
  expect(bytes.size).toBe(2)
})
