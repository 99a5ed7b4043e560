import { expect, test } from 'vitest'
import { askAgainMs, type Board, closeBoard, missAnswer } from './board-state.ts'
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
    expect(askAgainMs(last, 0)).toBe(30_000)
    expect(closeBoard(last, { kind: 'signed-out' })).toMatchObject({ reason: { kind: 'signed-out' } })
  },
)

test('without an answer a drawing stays on the screen, and a board that is not on this device cannot be opened', () => {
  for (const last of [open, openFromDevice]) expect(missAnswer(last, { kind: 'unreachable' })).toBe(last)
  expect(missAnswer(opening, { kind: 'unreachable' })).toEqual(closed('unreachable'))
  expect(askAgainMs(closed('not-found'), 0)).toBe(false)
})

test.each(['unreachable', 'in-trouble'] as const)(
  'whoever waits for a server that is %s asks again within seconds, and not with all others',
  (kind) => {
    expect([0, 0.5, 1].map((share) => askAgainMs(closed(kind), share))).toEqual([2_000, 3_500, 5_000])
  },
)
