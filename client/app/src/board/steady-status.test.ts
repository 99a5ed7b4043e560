import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { statusWords } from './status-words.ts'
import { createSteadyStatus, SAVED_AFTER_MS, SAVING_AFTER_MS, type SteadyStatus } from './steady-status.ts'

let shown: string[]
let status: SteadyStatus

beforeEach(() => {
  vi.useFakeTimers()
  shown = []
  status = createSteadyStatus((next) => shown.push(statusWords(next).text))
})
afterEach(() => {
  status.stop()
  vi.useRealTimers()
})

test('an edit that is saved quickly never reads "Saving"', () => {
  status.update({ kind: 'saved' })
  status.update({ kind: 'saving', unsent: 1, stored: true })
  vi.advanceTimersByTime(SAVING_AFTER_MS - 1)
  status.update({ kind: 'saved' })
  vi.advanceTimersByTime(SAVED_AFTER_MS)
  expect(shown).toEqual(['Saved', 'Editing…', 'Saved'])
})

test('"Saved" goes the moment something is pending', () => {
  status.update({ kind: 'saved' })
  status.update({ kind: 'saving', unsent: 1, stored: true })
  expect(shown.at(-1)).toBe('Editing…')
})

test('saving that takes its time is counted, with the latest number', () => {
  status.update({ kind: 'saving', unsent: 1, stored: true })
  vi.advanceTimersByTime(SAVING_AFTER_MS - 1)
  status.update({ kind: 'saving', unsent: 3, stored: true })
  vi.advanceTimersByTime(1)
  status.update({ kind: 'saving', unsent: 2, stored: true })
  status.update({ kind: 'saved' })
  expect(shown).toEqual(['Editing…', 'Saving 3 changes…', 'Saving 2 changes…', 'Saved'])
})

test('drawing without a pause does not flicker, however often the server acknowledges', () => {
  status.update({ kind: 'saved' })
  for (let stroke = 0; stroke < 50; stroke++) {
    status.update({ kind: 'saving', unsent: 1, stored: true })
    vi.advanceTimersByTime(30)
    status.update({ kind: 'saved' })
    vi.advanceTimersByTime(30)
  }
  expect(shown).toEqual(['Saved', 'Editing…'])
  vi.advanceTimersByTime(SAVED_AFTER_MS)
  expect(shown.at(-1)).toBe('Saved')
})

test('bad news comes at once, and a short reconnection shows no "Saving"', () => {
  status.update({ kind: 'saving', unsent: 2, stored: true })
  status.update({ kind: 'offline', unsent: 2, stored: true })
  expect(shown.at(-1)).toBe('Offline · 2 changes kept on this device')
  status.update({ kind: 'saving', unsent: 2, stored: true })
  status.update({ kind: 'saved' })
  vi.advanceTimersByTime(10_000)
  expect(shown).toEqual(['Editing…', 'Offline · 2 changes kept on this device', 'Saved'])
})
