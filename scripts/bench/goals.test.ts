import { expect, test } from 'vitest'
import { goalTable, goalVerdict, isReached, type Goal } from './goals.ts'
import { Results, type Measure } from './results.ts'

const CPU: Measure = { title: 'CPU', unit: 'µs', better: 'lower' }
const TWICE: Goal = { title: 'an edit: CPU', measure: CPU, times: 'yWebsocket', atMost: 2 }
const TEN: Goal = { title: 'an edit: CPU alone', measure: CPU, atMost: 10 }

/** Rounds of SketchRoom's figure and y-websocket-server's. */
function measured(rounds: ReadonlyArray<readonly [ours: number, theirs: number]>): Results {
  const results = new Results()
  for (const [ours, theirs] of rounds) {
    results.record(CPU, 'sketchroom', ours)
    results.record(CPU, 'yWebsocket', theirs)
  }
  return results
}

test('a goal is judged by the median of the ratios, or of the figures where no server is named', () => {
  const results = measured([
    [10, 10],
    [20, 10],
    [90, 10],
  ])
  expect(isReached(results, TWICE)).toBe(true)
  expect(isReached(results, { ...TWICE, atMost: 1.9 })).toBe(false)
  expect(isReached(results, TEN)).toBe(false)
  expect(isReached(results, { ...TEN, atMost: 20 })).toBe(true)
})

test('the table has each goal, what came of it, and the figures behind a ratio', () => {
  const [, , twice, ten] = goalTable(measured([[30, 10]]), [TWICE, TEN]).split('\n')
  expect(twice).toMatch(
    /^\| an edit: CPU +\| +≤ 2 × y-websocket-server \| +3\.00 \| +30\.0 to 10\.0 µs \| +\*\*no\*\* \|$/,
  )
  expect(ten).toMatch(/^\| an edit: CPU alone +\| +≤ 10 µs \| +30\.0 \| +\| +\*\*no\*\* \|$/)
})

test('what was not measured is neither reached nor missed', () => {
  expect(isReached(new Results(), TWICE)).toBeUndefined()
  expect(goalTable(new Results(), [TWICE])).toMatch(/– \| +\| not measured \|$/)
  expect(goalVerdict(new Results(), [TWICE, TEN])).toBe('0 of 0 goals are reached. 2 were not measured.')
  expect(goalVerdict(measured([[15, 10]]), [TWICE, TEN])).toBe('1 of 2 goals are reached.')
})
