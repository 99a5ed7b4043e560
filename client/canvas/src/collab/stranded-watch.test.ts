import { describe, expect, test } from 'vitest'
import { UnsentEdits } from './edits.ts'
import { StrandedWatch } from './stranded-watch.ts'

/** A connection on which so many writes went out, and so many of them are answered. */
function connection(writes: number, answered = writes, caughtUp = true) {
  return { caughtUp, writes, hasAnswered: (count: number) => answered >= count }
}

function unsentEdits(...clocks: number[]): UnsentEdits {
  const unsent = new UnsentEdits()
  for (const clock of clocks) unsent.add({ client: 1, clock })
  return unsent
}

describe('when to compare documents again', () => {
  test('not for an edit that is on its way: it has to be there at two checks', () => {
    const watch = new StrandedWatch()
    const checks = [unsentEdits(1), unsentEdits(2), unsentEdits()].map((unsent) => watch.check(unsent, connection(0)))
    expect(checks).toEqual([false, false, false])
  })

  test('not while what had been sent when it was seen is not answered', () => {
    const watch = new StrandedWatch()
    const unsent = unsentEdits(1)
    expect(watch.check(unsent, connection(7, 5))).toBe(false)
    expect(watch.check(unsent, connection(9, 6))).toBe(false)
    // More is on its way by now, but that went out later.
    expect(watch.check(unsent, connection(9, 7))).toBe(true)
  })

  test('at the second check, and then after waits that double', () => {
    const watch = new StrandedWatch()
    const compared = Array.from({ length: 60 }, () => watch.check(unsentEdits(1), connection(0))).flatMap(
      (now, index) => (now ? [index] : []),
    )
    expect(compared).toEqual([1, 3, 6, 11, 20, 37, 54])
  })

  test('soon again once it had nothing to do in between', () => {
    const watch = new StrandedWatch()
    for (let i = 0; i < 10; i++) watch.check(unsentEdits(1), connection(0))
    watch.check(unsentEdits(), connection(0))
    expect([watch.check(unsentEdits(2), connection(0)), watch.check(unsentEdits(2), connection(0))]).toEqual([
      false,
      true,
    ])
  })

  test('what was seen on one connection says nothing on the next', () => {
    const watch = new StrandedWatch()
    watch.check(unsentEdits(1), connection(50))
    watch.check(unsentEdits(1), undefined)
    expect([1, 2].map(() => watch.check(unsentEdits(1), connection(2)))).toEqual([false, true])
  })

  test('when all is answered and the server has not caught up, with no edit to send; the waits double', () => {
    const watch = new StrandedWatch()
    const compared = Array.from({ length: 40 }, () => watch.check(unsentEdits(), connection(1, 1, false)))
    expect(compared.flatMap((now, index) => (now ? [index] : []))).toEqual([0, 2, 5, 10, 19, 36])
  })

  test('not while the end of a comparison is on its way, which does not begin the waits anew', () => {
    const watch = new StrandedWatch()
    const behind = (writes: number) => watch.check(unsentEdits(), connection(writes, writes, false))
    expect(watch.check(unsentEdits(1), connection(1, 0, false))).toBe(false)
    expect([behind(2), behind(2), behind(2)]).toEqual([true, false, true])
    expect(watch.check(unsentEdits(), connection(3, 2, false))).toBe(false)
    expect([behind(3), behind(3), behind(3)]).toEqual([false, false, true])
  })
})
