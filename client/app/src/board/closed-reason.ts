import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { ApiError, OfflineError } from '../api/api-error.ts'
import { describeError } from '../api/describe-error.ts'

/** Why a board is not shown. */
export type ClosedReason =
  /** No such board, or not for this person: the server does not tell which. */
  | { readonly kind: 'not-found' }
  /** It was open, and access was taken away. */
  | { readonly kind: 'no-access' }
  /** By themselves, here or in another tab. */
  | { readonly kind: 'left' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'signed-out' }
  /** The server lets in only people with an account. */
  | { readonly kind: 'guests-off' }
  /** The server cannot be asked, and the board is not on this device. */
  | { readonly kind: 'unreachable' }
  /** The server is there, and cannot open it now: its database is away, say. */
  | { readonly kind: 'in-trouble' }
  | { readonly kind: 'failed'; readonly text: string }

/** Reads from what went wrong while opening why the board is not shown. */
export function closedReason(error: unknown): ClosedReason {
  if (error instanceof OfflineError) return { kind: 'unreachable' }
  if (error instanceof ApiError && error.status >= 500) return { kind: 'in-trouble' }
  return (error instanceof ApiError && reasonOfCode(error.code)) || { kind: 'failed', text: describeError(error) }
}

/** Why the server closed a board to a live connection; undefined for codes that say nothing about access. */
export function reasonOfCode(code: ErrorCode): ClosedReason | undefined {
  switch (code) {
    case 'not_found':
    case 'invalid_request':
      return { kind: 'not-found' }
    case 'forbidden':
      return { kind: 'no-access' }
    case 'left':
      return { kind: 'left' }
    case 'room_deleted':
      return { kind: 'deleted' }
    case 'guests_off':
      return { kind: 'guests-off' }
    case 'unauthenticated':
    case 'refresh_reused':
      return { kind: 'signed-out' }
    default:
      return undefined
  }
}

/** Whether the board was closed to this person: what the device has of it goes, once nothing unsent is in it. */
export function isClosedForGood({ kind }: ClosedReason): boolean {
  return kind === 'not-found' || kind === 'no-access' || kind === 'left' || kind === 'deleted'
}
