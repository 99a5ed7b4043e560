import { describe, expect, test } from 'vitest'
import { StrandedWatch } from './stranded-watch.ts'

describe('when to compare documents again', () => {
  test('not for an edit that is on its way: it has to be stranded at two checks', () => {
    const watch = new StrandedWatch()
    expect([watch.check(['b:1']), watch.check(['b:2']), watch.check([])]).toEqual([false, false, false])
  })

  test('at the second check, and then after waits that double', () => {
    const watch = new StrandedWatch()
    const compared = Array.from({ length: 60 }, () => watch.check(['b:1'])).flatMap((now, index) =>
      now ? [index] : [],
    )
    expect(compared).toEqual([1, 3, 6, 11, 20, 37, 54])
  })

  test('soon again once it had nothing to do in between', () => {
    const watch = new StrandedWatch()
    for (let i = 0; i < 10; i++) watch.check(['b:1'])
    watch.check([])
    expect([watch.check(['b:2']), watch.check(['b:2'])]).toEqual([false, true])
  })
})
