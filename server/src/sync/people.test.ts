import { expect, test } from 'vitest'
import { People } from './people.ts'

const rate = { perSecond: 1, burst: 1 }
const MINUTE = 60_000

test('who hangs again whenever they may write waits longer each time, also when they have gone in between', () => {
  const people = new People({ messages: rate, bytes: rate, cursors: rate })
  const struckFor = (from: number): number => {
    people.find('eve', from).strike(from)
    let minutes = 0
    while (people.find('eve', from + minutes * MINUTE).isStruck(from + minutes * MINUTE)) minutes += 1
    return minutes
  }
  let now = 0
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    expect(struckFor(now)).toBe(minutes)
    now += minutes * MINUTE
  }
  // Nothing has hung for as long again.
  expect(struckFor(now + 60 * MINUTE)).toBe(1)
})
