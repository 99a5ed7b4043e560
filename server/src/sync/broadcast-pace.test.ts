import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BroadcastPace } from './broadcast-pace.ts'

/** The clock, in milliseconds; broadcasts may take some of it. */
let now = 0
let sentAt: number[] = []
let broadcastTakesMs = 0

beforeEach(() => {
  now = 0
  sentAt = []
  broadcastTakesMs = 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function newPace(): BroadcastPace {
  return new BroadcastPace(() => {
    sentAt.push(now)
    now += broadcastTakesMs
  })
}

/** Lets time pass in steps of a millisecond; a turn of the event loop ends after each. */
async function pass(ms: number, eachMs: () => void = () => undefined): Promise<void> {
  for (const end = now + ms; now < end;) {
    eachMs()
    await vi.advanceTimersByTimeAsync(0)
    now += 1
    await vi.advanceTimersByTimeAsync(1)
  }
}

/** A room in which so many changes come each millisecond, for long enough that more of it is expected. */
async function rush(pace: BroadcastPace, perMs: number): Promise<void> {
  await pass(300, () => {
    for (let n = 0; n < perMs; n++) pace.changed()
  })
  await pass(50)
  sentAt = []
}

test('a change that comes alone goes out at the end of its turn, with all that came in that turn', async () => {
  const pace = newPace()
  for (let second = 0; second < 3; second++) {
    for (let n = 0; n < 10; n++) pace.changed()
    expect(sentAt).toHaveLength(second)
    await pass(1)
    expect(sentAt).toHaveLength(second + 1)
    await pass(999)
  }
  expect(sentAt).toEqual([0, 1000, 2000])
})

test('a second change soon after waits no longer than the first, while few come', async () => {
  const pace = newPace()
  pace.changed()
  await pass(2)
  pace.changed()
  await pass(2)
  expect(sentAt).toEqual([0, 2])
})

test('once many come, they share a broadcast every ten milliseconds', async () => {
  const pace = newPace()
  await rush(pace, 2)
  const from = now
  await pass(200, () => pace.changed())
  expect(sentAt[0]).toBe(from)
  const pauses = sentAt.slice(1).map((at, index) => at - (sentAt[index] as number))
  expect(Math.min(...pauses)).toBe(10)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(11)
})

test('when it has become quiet again, nothing waits', async () => {
  const pace = newPace()
  await rush(pace, 2)
  for (let n = 0; n < 40; n++) {
    pace.changed()
    await pass(100)
  }
  sentAt = []
  const at = now
  pace.changed()
  await pass(3)
  pace.changed()
  await pass(3)
  expect(sentAt).toEqual([at, at + 3])
})

test('a broadcast that takes long is followed by four times as long without one', async () => {
  const pace = newPace()
  broadcastTakesMs = 20
  pace.changed()
  await pass(1)
  const doneAt = now
  await pass(300, () => pace.changed())
  expect(doneAt - (sentAt[0] as number)).toBe(21)
  expect((sentAt[1] as number) - (sentAt[0] as number)).toBeGreaterThanOrEqual(80)
})

test('after a pause of the whole process, nobody waits for four times as long', async () => {
  const pace = newPace()
  broadcastTakesMs = 2_000
  pace.changed()
  await pass(1)
  broadcastTakesMs = 0
  const from = now
  pace.changed()
  await pass(300)
  expect((sentAt[1] as number) - from).toBeLessThanOrEqual(200)
})

test('what has gathered goes out at once when it is enough, and not a second time', async () => {
  const pace = newPace()
  await rush(pace, 2)
  pace.changed()
  await pass(1)
  pace.changed()
  const [at, sent] = [now, sentAt.length]
  pace.broadcastNow()
  expect(sentAt.slice(sent)).toEqual([at])
  await pass(100)
  expect(sentAt).toHaveLength(sent + 1)
})

test('what is closed broadcasts no more, neither what waits nor what comes', async () => {
  const [waiting, pausing] = [newPace(), newPace()]
  waiting.changed()
  waiting.close()
  await rush(pausing, 2)
  pausing.changed()
  await pass(1)
  pausing.changed()
  const sent = sentAt.length
  pausing.close()
  waiting.changed()
  pausing.changed()
  await pass(100)
  expect(sentAt).toHaveLength(sent)
})
