import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { SendWindow } from './send-window.ts'

const KB = 1024

let pings: string[]
let receivedBytes: number
let window: SendWindow

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  pings = []
  receivedBytes = 0
  window = new SendWindow({ ping: (words) => pings.push(words), receivedBytes: () => receivedBytes })
})

/** Writes until the window closes; answers how much that was, in KB. */
function fill(): number {
  let written = 0
  while (window.isOpen) {
    window.wrote(KB)
    written += 1
  }
  return written
}

test('so much may be on its way, and each answer makes room for what was before it', () => {
  expect(fill()).toBe(160)
  expect(pings).toHaveLength(5)
  let opened = 0
  window.onceOpen(() => (opened += 1))
  vi.advanceTimersByTime(600)
  window.answered(pings[1] as string)
  expect(opened).toBe(1)
  expect(fill()).toBe(64)
  // An answer to something else, or to what was answered, says nothing.
  window.answered(pings[1] as string)
  window.answered('')
  window.answered('99')
  expect(window.isOpen).toBe(false)
})

test('where answers come fast, more is on its way, until one is slow', () => {
  const sizes: number[] = []
  for (let n = 0; n < 8; n++) {
    fill()
    vi.advanceTimersByTime(100)
    for (const words of pings.splice(0)) window.answered(words)
    const size = fill()
    sizes.push(size)
  }
  expect(sizes.at(-1)).toBeGreaterThan(1_500)
  expect(sizes.at(-1)).toBeLessThanOrEqual(2_048)
  vi.advanceTimersByTime(1_100)
  for (const words of pings.splice(0)) window.answered(words)
  expect(fill()).toBeLessThanOrEqual(160)
})

test('who sends something large answers nothing, and is sent more meanwhile; who is only silent is not', () => {
  fill()
  let opened = 0
  window.onceOpen(() => (opened += 1))
  // It has answered before.
  window.answered('')
  for (let n = 0; n < 10; n++) {
    // Small messages, each whole: it could answer.
    receivedBytes += 100 * KB
    window.heard()
    vi.advanceTimersByTime(1_000)
  }
  expect(opened).toBe(0)
  receivedBytes += 100 * KB
  vi.advanceTimersByTime(1_000)
  expect(opened).toBe(0)
  receivedBytes += 100 * KB
  vi.advanceTimersByTime(1_000)
  expect(opened).toBe(1)
  expect(window.isOpen).toBe(true)
})

test('a ping that was lost on the way is asked again, and its answer makes room', () => {
  fill()
  let opened = 0
  window.onceOpen(() => (opened += 1))
  const last = pings.at(-1) as string
  pings.length = 0
  vi.advanceTimersByTime(1_000)
  expect(pings).toEqual([last])
  // A slow line: it is no second time on its way.
  expect(window.isOpen).toBe(false)
  window.answered(last)
  expect([opened, fill()]).toEqual([1, 160])
})

test('who answers no ping at all, since something in between swallows them, is sent on, and who has answered is not', () => {
  fill()
  let opened = 0
  window.onceOpen(() => (opened += 1))
  vi.advanceTimersByTime(4_000)
  expect(opened).toBe(0)
  vi.advanceTimersByTime(2_000)
  // Nobody waits any more, and nothing is asked.
  expect([opened, vi.getTimerCount(), fill()]).toEqual([1, 0, 160])
  // A heartbeat's, say, and what was on its way is a slow line's from now on.
  window.answered('')
  window.onceOpen(() => (opened += 1))
  vi.advanceTimersByTime(60_000)
  expect(opened).toBe(1)
})

test('after its end nobody is called back', () => {
  fill()
  let opened = 0
  window.onceOpen(() => (opened += 1))
  window.close()
  for (const words of pings) window.answered(words)
  vi.advanceTimersByTime(10_000)
  expect([opened, vi.getTimerCount()]).toEqual([0, 0])
})
