import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EditId } from '../offline/edit-id.ts'
import { EditLedger } from './edit-ledger.ts'

function ledgerWith(...edits: EditId[]): EditLedger {
  const ledger = new EditLedger()
  for (const edit of edits) ledger.add(edit)
  return ledger
}

describe('what settles an edit', () => {
  test('an acknowledged update settles the edit that it carries, and no other', () => {
    const ledger = ledgerWith('a:1', 'a:2')
    ledger.sentUpdate('a:2')
    expect(ledger.answered(true)).toEqual(['a:2'])
    expect(ledger.unsettled()).toEqual(['a:1'])
  })

  test('an acknowledged SyncStep2 settles every edit made before it was sent, and none made after', () => {
    const ledger = ledgerWith('a:1', 'b:7')
    ledger.sentEverything()
    ledger.add('a:2')
    expect(ledger.answered(true)).toEqual(['a:1', 'b:7'])
    expect(ledger.unsettled()).toEqual(['a:2'])
  })

  test('answers belong to frames in the order in which they were sent', () => {
    const ledger = ledgerWith('a:1', 'a:2')
    ledger.sentUpdate('a:1')
    ledger.sentUpdate('a:2')
    ledger.answered(false)
    ledger.answered(true)
    expect(ledger.unsettled()).toEqual(['a:1'])
  })

  test('a refused update settles nothing; the SyncStep2 that follows does', () => {
    const ledger = ledgerWith('a:1')
    ledger.sentUpdate('a:1')
    expect(ledger.answered(false)).toEqual([])
    ledger.sentEverything()
    expect(ledger.answered(true)).toEqual(['a:1'])
  })

  test('an answer on a new connection does not count for a frame of the old one', () => {
    const ledger = ledgerWith('a:1')
    ledger.sentUpdate('a:1')
    ledger.dropped()
    expect(ledger.answered(true)).toEqual([])
    expect(ledger.pending).toBe(1)
  })

  test('an update that carries none of our edits has an answer too, which settles nothing', () => {
    const ledger = ledgerWith('a:1')
    ledger.sentUpdate(undefined)
    ledger.sentUpdate('a:1')
    expect(ledger.answered(true)).toEqual([])
    expect(ledger.answered(true)).toEqual(['a:1'])
  })

  test('an answer to nothing settles nothing', () => {
    const ledger = ledgerWith('a:1')
    expect(ledger.answered(true)).toEqual([])
    expect(ledger.pending).toBe(1)
  })

  test('what another tab learned settles an edit once', () => {
    const ledger = ledgerWith('a:1', 'b:1')
    ledger.sentEverything()
    expect(ledger.settle(['b:1', 'c:1'])).toEqual(['b:1'])
    expect(ledger.answered(true)).toEqual(['a:1'])
  })
})

describe('what else the ledger knows', () => {
  test('it has caught up once a SyncStep2 of this connection was acknowledged', () => {
    const ledger = ledgerWith()
    ledger.sentEverything()
    expect(ledger.caughtUp).toBe(false)
    ledger.answered(true)
    expect(ledger.caughtUp).toBe(true)
    ledger.dropped()
    expect(ledger.caughtUp).toBe(false)
  })

  test('an acknowledged update alone does not mean that it has caught up', () => {
    const ledger = ledgerWith('a:1')
    ledger.sentUpdate('a:1')
    ledger.answered(true)
    expect(ledger.caughtUp).toBe(false)
  })

  test('an edit is stranded while no unanswered frame holds it', () => {
    const ledger = ledgerWith('a:1', 'b:1')
    ledger.sentUpdate('a:1')
    expect(ledger.stranded()).toEqual(['b:1'])
    ledger.sentEverything()
    expect(ledger.stranded()).toEqual([])
    ledger.answered(false)
    ledger.answered(false)
    expect(ledger.stranded()).toEqual(['a:1', 'b:1'])
  })
})

type Step =
  | { kind: 'edit' | 'foreign edit' | 'send everything' | 'ack' | 'nack' | 'drop' }
  | { kind: 'send edit'; back: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('edit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('foreign edit' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send edit' as const), back: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('send everything' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ack' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('nack' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const) }) },
)

/** All that ever happened, from which the truth can be read without any cleverness. */
interface History {
  readonly made: EditId[]
  readonly connections: Array<{ frames: EditId[][]; answers: boolean[] }>
}

function isDurable(edit: EditId, { connections }: History): boolean {
  return connections.some(({ frames, answers }) =>
    frames.some((frame, index) => frame.includes(edit) && answers[index] === true),
  )
}

test('an edit is settled exactly when a frame that held it was acknowledged on its own connection', () => {
  let runs = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      runs += 1
      const ledger = new EditLedger()
      const history: History = { made: [], connections: [{ frames: [], answers: [] }] }
      for (const one of steps) {
        const connection = history.connections.at(-1)!
        if (one.kind === 'edit' || one.kind === 'foreign edit') {
          const edit: EditId = `${one.kind === 'edit' ? 'own' : 'foreign'}:${history.made.length}`
          history.made.push(edit)
          ledger.add(edit)
        } else if (one.kind === 'send edit') {
          const edit = history.made.at(-1 - one.back)
          if (!edit) continue
          connection.frames.push([edit])
          ledger.sentUpdate(edit)
        } else if (one.kind === 'send everything') {
          connection.frames.push([...history.made])
          ledger.sentEverything()
        } else if (one.kind === 'drop') {
          history.connections.push({ frames: [], answers: [] })
          ledger.dropped()
        } else if (connection.answers.length < connection.frames.length) {
          connection.answers.push(one.kind === 'ack')
          ledger.answered(one.kind === 'ack')
        }
        const expected = history.made.filter((edit) => !isDurable(edit, history))
        expect(ledger.unsettled()).toEqual(expected)
        expect(ledger.pending).toBe(expected.length)
      }
    }),
    { numRuns: 1_000 },
  )
  expect(runs).toBeGreaterThanOrEqual(1_000)
})
