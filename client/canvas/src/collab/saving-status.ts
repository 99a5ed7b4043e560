import type { ErrorCode } from '@sketchroom/shared/error-codes'
import type { Role } from '@sketchroom/shared/roles'

/** The edits that the server has not made durable, and where they are. */
interface Unsaved {
  readonly pending: number
  /** This device keeps them. Otherwise they are in this tab only, and a reload loses them. */
  readonly kept: boolean
}

/** What the person may believe about their edits. */
export type SavingStatus =
  | { readonly kind: 'saved' }
  | ({ readonly kind: 'connecting' } & Unsaved)
  | ({ readonly kind: 'saving' } & Unsaved)
  | ({ readonly kind: 'offline' } & Unsaved)
  /** The server cannot make edits durable now. */
  | ({ readonly kind: 'store-failing' } & Unsaved)
  | ({ readonly kind: 'read-only' } & Unsaved)
  | ({ readonly kind: 'no-access'; readonly reason: ErrorCode } & Unsaved)

/** How this tab stands to the server. `joined`: the server has let us in. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'offline' }
  | { readonly state: 'joined' }
  /** The server could not read the room, and is asked again and again. */
  | { readonly state: 'store-failing' }
  | { readonly state: 'no-access'; readonly reason: ErrorCode }

/** All that the status is derived from. */
export interface SavingFacts {
  readonly link: Link
  readonly role: Role | undefined
  /** The server's drawing has arrived on this connection. */
  readonly downloaded: boolean
  /** The server has, on this connection, made durable all that the document held when we met. */
  readonly caughtUp: boolean
  /** The server says that it cannot make edits durable, or could not read the room when we came last. */
  readonly storeFailing: boolean
  /** This device keeps what is drawn. */
  readonly kept: boolean
  readonly pending: number
}

/** Derives the status. It is `saved` only when every fact says so. */
export function savingStatus(facts: SavingFacts): SavingStatus {
  const { link, pending, kept } = facts
  switch (link.state) {
    case 'no-access':
      return { kind: 'no-access', reason: link.reason, pending, kept }
    case 'connecting':
      return { kind: 'connecting', pending, kept }
    case 'offline':
      return { kind: 'offline', pending, kept }
    case 'store-failing':
      return { kind: 'store-failing', pending, kept }
    case 'joined':
      return joinedStatus(facts)
  }
}

/** Whether two statuses say the same. */
export function isSameStatus(a: SavingStatus, b: SavingStatus): boolean {
  if (a.kind === 'saved' || b.kind === 'saved') return a.kind === b.kind
  const reasonOf = (status: SavingStatus) => (status.kind === 'no-access' ? status.reason : undefined)
  return a.kind === b.kind && a.pending === b.pending && a.kept === b.kept && reasonOf(a) === reasonOf(b)
}

function joinedStatus({ role, downloaded, caughtUp, storeFailing, pending, kept }: SavingFacts): SavingStatus {
  if (role === 'viewer' && downloaded) return { kind: 'read-only', pending, kept }
  if (storeFailing) return { kind: 'store-failing', pending, kept }
  if (downloaded && pending > 0) return { kind: 'saving', pending, kept }
  if (!downloaded || !caughtUp) return { kind: 'connecting', pending, kept }
  return { kind: 'saved' }
}
