import type { ErrorCode } from '@sketchroom/shared/error-codes'
import type { Role } from '@sketchroom/shared/roles'

/** What the person may believe about their edits. `pending` counts those that the server has not made durable. */
export type SavingStatus =
  | { readonly kind: 'connecting'; readonly pending: number }
  | { readonly kind: 'saved' }
  | { readonly kind: 'saving'; readonly pending: number }
  /** Not connected; the edits are kept on this device. */
  | { readonly kind: 'offline'; readonly pending: number }
  /** Not connected, and storage is off or failing: a reload loses what is pending. */
  | { readonly kind: 'offline-unkept'; readonly pending: number }
  /** Connected, but the server cannot make edits durable now. */
  | { readonly kind: 'store-failing'; readonly pending: number }
  | { readonly kind: 'read-only'; readonly pending: number }
  | { readonly kind: 'no-access'; readonly reason: ErrorCode; readonly pending: number }

/** How this tab stands to the server. `joined`: the server has let us in. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'offline' }
  | { readonly state: 'joined' }
  | { readonly state: 'no-access'; readonly reason: ErrorCode }

/** All that the status is derived from. */
export interface SavingFacts {
  readonly link: Link
  readonly role: Role | undefined
  /** The server's drawing has arrived on this connection. */
  readonly downloaded: boolean
  /** The server has, on this connection, made durable all that the document held when we met. */
  readonly caughtUp: boolean
  readonly storeFailing: boolean
  /** This device keeps what is drawn. */
  readonly kept: boolean
  readonly pending: number
}

/** Derives the status. It is `saved` only when every fact says so. */
export function savingStatus(facts: SavingFacts): SavingStatus {
  const { link, pending } = facts
  switch (link.state) {
    case 'no-access':
      return { kind: 'no-access', reason: link.reason, pending }
    case 'connecting':
      return { kind: 'connecting', pending }
    case 'offline':
      return { kind: facts.kept ? 'offline' : 'offline-unkept', pending }
    case 'joined':
      return joinedStatus(facts)
  }
}

/** Whether two statuses say the same. */
export function isSameStatus(a: SavingStatus, b: SavingStatus): boolean {
  const pendingOf = (status: SavingStatus) => (status.kind === 'saved' ? 0 : status.pending)
  const reasonOf = (status: SavingStatus) => (status.kind === 'no-access' ? status.reason : undefined)
  return a.kind === b.kind && pendingOf(a) === pendingOf(b) && reasonOf(a) === reasonOf(b)
}

function joinedStatus({ role, downloaded, caughtUp, storeFailing, pending }: SavingFacts): SavingStatus {
  if (role === 'viewer') return { kind: downloaded ? 'read-only' : 'connecting', pending }
  if (storeFailing) return { kind: 'store-failing', pending }
  if (downloaded && pending > 0) return { kind: 'saving', pending }
  if (!downloaded || !caughtUp) return { kind: 'connecting', pending }
  return { kind: 'saved' }
}
