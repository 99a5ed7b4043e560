import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Questions } from './questions.ts'

let askedAt: number[]
let questions: Questions

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  askedAt = []
  const began = performance.now()
  questions = new Questions(() => askedAt.push((performance.now() - began) / 1_000))
})

/** Somebody who does not give what they are asked for, however often. */
function missFor(seconds: number): void {
  for (let ms = 0; ms < seconds * 1_000; ms += 100) {
    questions.askAgain()
    vi.advanceTimersByTime(100)
  }
}

test('who does not give what is missing is asked at once, and then with pauses that double up to a minute', () => {
  missFor(250)
  expect(askedAt.map((at) => Math.round(at))).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
})

test('after a quiet minute they are asked at once again', () => {
  missFor(5)
  expect(askedAt).toHaveLength(3)
  vi.advanceTimersByTime(70_000)
  const asked = askedAt.length
  questions.askAgain()
  expect(askedAt).toHaveLength(asked + 1)
})

test.for([0, 2])('who has left after %i seconds is asked no more', (seconds) => {
  missFor(seconds)
  const asked = askedAt.length
  questions.close()
  missFor(200)
  expect([askedAt.length, vi.getTimerCount()]).toEqual([asked, 0])
})
