import { expect, test } from 'vitest'
import { type Board, closeBoard, isAskedAgain, missAnswer } from './board-state.ts'
import type { ClosedReason } from './closed-reason.ts'

const opening: Board = { kind: 'opening' }
const open: Board = { kind: 'open', board: { name: 'Plan', role: 'editor', access: 'link-edit' } }
const openFromDevice: Board = { kind: 'open', board: { name: 'Plan', role: 'editor', access: undefined } }
const closed = (kind: Exclude<ClosedReason['kind'], 'failed'>): Board => ({ kind: 'closed', reason: { kind } })
const notFound = { kind: 'not-found' } as const

test('a board that the server let one in to, and does not find any more, was closed to this person', () => {
  expect(closeBoard(open, notFound)).toEqual({ kind: 'closed', reason: { kind: 'no-access' }, role: 'editor' })
  for (const last of [opening, openFromDevice, closed('unreachable')]) {
    expect(closeBoard(last, notFound)).toMatchObject({ reason: { kind: 'not-found' } })
  }
})

test.each(['deleted', 'no-access'] as const)(
  'a board that is closed as %s stays so, but is asked for again',
  (kind) => {
    const last = closed(kind)
    expect(closeBoard(last, notFound)).toBe(last)
    expect(missAnswer(last, { kind: 'unreachable' })).toBe(last)
    expect(isAskedAgain(last)).toBe(true)
    expect(closeBoard(last, { kind: 'signed-out' })).toMatchObject({ reason: { kind: 'signed-out' } })
  },
)

test('without an answer a drawing stays on the screen, and a board that is not on this device cannot be opened', () => {
  for (const last of [open, openFromDevice]) expect(missAnswer(last, { kind: 'unreachable' })).toBe(last)
  expect(missAnswer(opening, { kind: 'unreachable' })).toEqual(closed('unreachable'))
  expect(isAskedAgain(closed('unreachable'))).toBe(true)
  expect(isAskedAgain(closed('not-found'))).toBe(false)
})
