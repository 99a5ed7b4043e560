import type { Access, Role } from '@sketchroom/shared/roles'
import type { ClosedReason } from './closed-reason.ts'

/** What the page shows of a board beside its drawing. `access` is unknown while only this device was asked. */
export interface OpenBoard {
  readonly name: string
  readonly role: Role
  readonly access: Access | undefined
}

/** Where opening a board stands. */
export type Board =
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly board: OpenBoard }
  /** `role`: the one that the person had while it was open. */
  | { readonly kind: 'closed'; readonly reason: ClosedReason; readonly role?: Role | undefined }

/** What is shown when a board closes for `reason`. `role` is the person's, when the server has told it now. */
export function closeBoard(last: Board, reason: ClosedReason, role = lastRole(last)): Board {
  // The server calls a deleted board, and one taken away, "not found": what the page says already is more exact.
  if (reason.kind === 'not-found' && last.kind === 'closed' && mayComeBack(last.reason)) return last
  const wasLetIn = last.kind === 'open' && last.board.access !== undefined
  return { kind: 'closed', reason: reason.kind === 'not-found' && wasLetIn ? { kind: 'no-access' } : reason, role }
}

/** What is shown when the server could not be asked: what is open stays open, and what is known to be closed, closed. */
export function missAnswer(last: Board, reason: ClosedReason): Board {
  // The drawing is here, and its own status says what is wrong.
  if (last.kind === 'open' || (last.kind === 'closed' && mayComeBack(last.reason))) return last
  return { kind: 'closed', reason }
}

const REFRESH_MS = 30_000
/** Who waits for a server sees the board soon after it is back; each page has a wait of its own, and not all ask at once. */
const LEAST_RETRY_MS = 2_000
const MOST_RETRY_MS = 5_000

/**
 * After how many milliseconds the server is asked again by itself, since it may have another answer in a while; false where it
 * will not. `share`, in [0, 1), is this page's part of what waits are spread over.
 */
export function askAgainMs(board: Board, share: number): number | false {
  if (board.kind === 'opening') return false
  if (board.kind === 'open' || mayComeBack(board.reason)) return REFRESH_MS
  const { kind } = board.reason
  const isAway = kind === 'unreachable' || kind === 'in-trouble'
  return isAway && LEAST_RETRY_MS + share * (MOST_RETRY_MS - LEAST_RETRY_MS)
}

/** An owner can undo these two. */
function mayComeBack({ kind }: ClosedReason): boolean {
  return kind === 'deleted' || kind === 'no-access'
}

function lastRole(last: Board): Role | undefined {
  switch (last.kind) {
    case 'opening':
      return undefined
    case 'open':
      return last.board.role
    case 'closed':
      return last.role
  }
}
