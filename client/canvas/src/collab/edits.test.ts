import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UnsentEdits, type Edit } from './edits.ts'

function namesOf(edits: Iterable<Edit>): string[] {
  return [...edits].map(({ client, clock }) => `${client}:${clock}`).toSorted()
}

describe('unsent edits', () => {
  test('an edit is durable with all that its client made before it, and nothing that came after', () => {
    const unsent = new UnsentEdits()
    for (const clock of [2, 5, 9]) unsent.add({ client: 1, clock })
    unsent.add({ client: 2, clock: 5 })
    expect(unsent.becameDurable(new Map([[1, 5]]))).toEqual(new Map([[1, 5]]))
    expect(namesOf(unsent)).toEqual(['1:9', '2:5'])
    expect(unsent.count).toBe(2)
  })

  test('a half of an edit is not durable', () => {
    const unsent = new UnsentEdits()
    unsent.add({ client: 1, clock: 5 })
    unsent.becameDurable(new Map([[1, 4]]))
    expect(unsent.count).toBe(1)
  })

  test('what is durable already, or known, is no news', () => {
    const unsent = new UnsentEdits()
    unsent.becameDurable(new Map([[1, 5]]))
    unsent.add({ client: 1, clock: 5 })
    expect(unsent.count).toBe(0)
    unsent.add({ client: 1, clock: 6 })
    unsent.add({ client: 1, clock: 6 })
    expect(unsent.count).toBe(1)
    expect(unsent.becameDurable(new Map([[1, 3]]))).toEqual(new Map())
    expect([...unsent.durable]).toEqual([[1, 5]])
  })

  test('count, names and membership agree, whatever comes in whatever order', () => {
    let runs = 0
    const edit = fc.record({ client: fc.integer({ min: 1, max: 3 }), clock: fc.integer({ min: 1, max: 12 }) })
    const step = fc.record({ edit, isDurable: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        runs += 1
        const unsent = new UnsentEdits()
        for (const [index, one] of steps.entries()) {
          if (one.isDurable) unsent.becameDurable(new Map([[one.edit.client, one.edit.clock]]))
          else unsent.add(one.edit)
          const past = steps.slice(0, index + 1)
          const expected = past.filter(
            ({ edit: { client, clock }, isDurable }) =>
              !isDurable &&
              !past.some((other) => other.isDurable && other.edit.client === client && other.edit.clock >= clock),
          )
          const names = [...new Set(namesOf(expected.map((made) => made.edit)))]
          expect(namesOf(unsent)).toEqual(names)
          expect(unsent.count).toBe(names.length)
          for (const made of past) expect(unsent.has(made.edit)).toBe(names.includes(namesOf([made.edit])[0]!))
        }
      }),
      { numRuns: 500 },
    )
    expect(runs).toBe(500)
  })
})
