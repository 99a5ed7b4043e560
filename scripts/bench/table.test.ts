import { expect, test } from 'vitest'
import { CAPACITY, CAPACITY_CPU } from './measures/capacity.ts'
import { capacityVerdict } from './report.ts'
import { Results } from './results.ts'
import { figureTable, formatFigure, markdownTable, ratioTable } from './table.ts'

/** Two rounds: SketchRoom twice as fast, then half as fast again as the other; at the given CPU. */
function measured(cpu: number): Results {
  const results = new Results()
  for (const [ours, theirs] of [
    [200, 100],
    [30, 20],
  ] as const) {
    results.record(CAPACITY, 'hocuspocus', theirs)
    results.record(CAPACITY, 'sketchroom', ours)
    results.record(CAPACITY_CPU, 'sketchroom', cpu)
    results.record(CAPACITY_CPU, 'hocuspocus', 1)
  }
  return results
}

test('ratios are taken within a round, so that a slow moment of the machine hits both sides', () => {
  expect(measured(1).ratio(CAPACITY, 'hocuspocus')).toEqual({ median: 1.75, least: 1.5, most: 2 })
  expect(measured(1).figure(CAPACITY, 'sketchroom')).toEqual({ median: 115, least: 30, most: 200 })
  expect(measured(1).ratio(CAPACITY, 'yWebsocket')).toBeUndefined()
})

test('the tables say which way is better, and leave out what was not measured', () => {
  const [head, , first, second] = ratioTable(measured(0.5)).split('\n')
  expect(head).toMatch(/^\| SketchRoom ÷ the other +\| +better \| SketchRoom, memory store \|/)
  expect(first).toMatch(/delivered updates +\| higher \| +– \| 1\.75 \(1\.50–2\.00\) \| +– \|$/)
  expect(second).toMatch(/CPU per delivered update +\| +lower \| +– \| +0\.50 \| +– \|$/)
  expect(figureTable(measured(0.5))).toMatch(/delivered updates +\| +\/s \| +115 \| +– \| +60\.0 \| +– \|/)
})

test('the verdict names both halves of the goal, and fails when one does', () => {
  expect(capacityVerdict(measured(0.5))).toMatch(
    /^At its limit, SketchRoom does better than Hocuspocus in every round: .* 1\.75 \(1\.50–2\.00\) .* 0\.50 times its CPU/,
  )
  expect(capacityVerdict(measured(1.5))).toMatch(/^At its limit, SketchRoom does NOT do better than Hocuspocus: /)
  expect(capacityVerdict(new Results())).toBeUndefined()
})

test('the verdict says when a round was lost, and what the figures are', () => {
  const results = measured(0.5)
  results.record(CAPACITY, 'sketchroom', 30)
  results.record(CAPACITY, 'hocuspocus', 60)
  expect(capacityVerdict(results)).toMatch(
    /^At its limit, SketchRoom does better than Hocuspocus in the median, not in every round: .* 1\.50 \(0\.50–2\.00\)/,
  )
  expect(capacityVerdict(results)).toMatch(/ are 30\.0 and 60\.0 updates per second\.$/)
})

test('figures keep three digits that mean something', () => {
  expect([0.123, 4.567, 45.67, 456.7, 4567.8, Number.NaN].map(formatFigure)).toEqual([
    '0.12',
    '4.57',
    '45.7',
    '457',
    '4,568',
    '–',
  ])
})

test('columns line up', () => {
  expect(markdownTable(['name', 'n'], [['a long name', '1']])).toBe(
    ['| name        |    n |', '| ----------- | ---: |', '| a long name |    1 |'].join('\n'),
  )
})
