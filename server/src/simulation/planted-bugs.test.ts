import './virtual-time.ts'
import { describe, expect, test } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { simulate } from './simulation.ts'

/** In so many houses, each bug must show. */
const SEEDS = 500

describe(`in ${SEEDS} houses it shows that there is`, () => {
  test.for(PLANTED_BUGS)('$name', { timeout: 300_000 }, async (bug) => {
    let failure: string | undefined
    for (let seed = 1; seed <= SEEDS && failure === undefined; seed++) ({ failure } = await simulate(seed, bug))
    expect(failure).toBeDefined()
    // Found by what was promised, and not because something of the simulation itself broke off.
    expect(failure).not.toContain('it broke off')
  })
})

test('they are ten at least', () => {
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(10)
})
