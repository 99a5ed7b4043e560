import type { ErrorCode } from '@sketchroom/shared/error-codes'
import type { LastingRefusal } from '@sketchroom/shared/protocol/notices'
import type { Role } from '@sketchroom/shared/roles'
import type { Progress } from './document-exchange.ts'
import type { Link } from './room-connection.ts'

/** The edits that the server has not made durable, and where they are. */
interface Unsaved {
  readonly unsent: number
  /** They are stored on this device. Otherwise they are in this tab only, and a reload loses them. */
  readonly stored: boolean
}

/** How far it is with what takes long, in bytes. */
interface Moving {
  readonly progress?: Progress | undefined
}

/** What the person may believe about their edits. */
export type SavingStatus =
  | { readonly kind: 'saved' }
  | ({ readonly kind: 'connecting' } & Unsaved & Moving)
  | ({ readonly kind: 'saving' } & Unsaved & Moving)
  | ({ readonly kind: 'offline' } & Unsaved)
  /** The server is out of reach, and this device does not have the board, or no longer: there is nothing to show. */
  | ({ readonly kind: 'not-here' } & Unsaved)
  /** The server cannot make edits durable now. */
  | ({ readonly kind: 'store-failing' } & Unsaved)
  /** There is no place left on the board; it is tried again and again. */
  | ({ readonly kind: 'crowded' } & Unsaved)
  | ({ readonly kind: 'read-only' } & Unsaved)
  /** The server does not take what was drawn last, and would not if it were sent again. */
  | ({ readonly kind: 'refused'; readonly reason: LastingRefusal } & Unsaved)
  /** Not all of the board could be read; what is drawn is stored and sent all the same. */
  | ({ readonly kind: 'damaged' } & Unsaved)
  /** The server, or who drew here, is of another version: the page is to be loaded anew. */
  | ({ readonly kind: 'outdated' } & Unsaved)
  | ({ readonly kind: 'no-access'; readonly reason: ErrorCode } & Unsaved)

/** All that the status is derived from. */
export interface SavingFacts {
  readonly link: Link
  readonly role: Role | undefined
  /** The drawing is in the document, from this device or from the server, if only as it was some time ago. */
  readonly here: boolean
  /** The server's drawing has arrived on this connection. */
  readonly downloaded: boolean
  /** The server has, on this connection, made durable all that the document held when we met. */
  readonly caughtUp: boolean
  /** The server says that it cannot make edits durable, or could not read the room when we came last. */
  readonly storeFailing: boolean
  /** The server let us in, and there was no place left when we came last. */
  readonly crowded: boolean
  /** Why the server refused what was sent last, if that lies in what was sent. */
  readonly refusal: LastingRefusal | undefined
  /** The server or the drawing is of a version that we do not know. */
  readonly outdated: boolean
  /** Something that the server has sent on this connection could not be read. */
  readonly damaged: boolean
  /** This device stores what is drawn. */
  readonly stored: boolean
  readonly unsent: number
  /** How far what is under way is. */
  readonly downloading: Progress | undefined
  readonly uploading: Progress | undefined
}

/** Derives the status. It is `saved` only when every fact says so. */
export function savingStatus(facts: SavingFacts): SavingStatus {
  const { link, unsent, stored, outdated } = facts
  if (outdated || (link.state === 'no-access' && link.reason === 'client_outdated')) {
    return { kind: 'outdated', unsent, stored }
  }
  switch (link.state) {
    case 'no-access':
      return { kind: 'no-access', reason: link.reason, unsent, stored }
    case 'connecting':
      return { kind: 'connecting', unsent, stored }
    case 'offline':
      return { kind: facts.here || unsent > 0 ? 'offline' : 'not-here', unsent, stored }
    case 'store-failing':
    case 'crowded':
      return { kind: link.state, unsent, stored }
    case 'joined':
      return joinedStatus(facts)
  }
}

/** Whether two statuses say the same. */
export function isSameStatus(a: SavingStatus, b: SavingStatus): boolean {
  if (a.kind === 'saved' || b.kind === 'saved') return a.kind === b.kind
  const reasonOf = (status: SavingStatus) => ('reason' in status ? status.reason : undefined)
  const progressOf = (status: SavingStatus) => ('progress' in status ? status.progress : undefined)
  const [one, other] = [progressOf(a), progressOf(b)]
  const isAsFar = one?.done === other?.done && one?.total === other?.total
  return a.kind === b.kind && a.unsent === b.unsent && a.stored === b.stored && reasonOf(a) === reasonOf(b) && isAsFar
}

function joinedStatus(facts: SavingFacts): SavingStatus {
  const {
    role,
    downloaded,
    caughtUp,
    storeFailing,
    crowded,
    refusal,
    damaged,
    unsent,
    stored,
    downloading,
    uploading,
  } = facts
  // What a viewer has unsent is refused, and has to be decided about first.
  const hasRefused = role === 'viewer' && unsent > 0
  if (role === 'viewer' && downloaded && (!damaged || hasRefused)) return { kind: 'read-only', unsent, stored }
  if (crowded) return { kind: 'crowded', unsent, stored }
  if (storeFailing) return { kind: 'store-failing', unsent, stored }
  if (downloaded && unsent > 0 && refusal) return { kind: 'refused', reason: refusal, unsent, stored }
  if (damaged) return { kind: 'damaged', unsent, stored }
  if (downloaded && unsent > 0) return { kind: 'saving', unsent, stored, ...moving(uploading) }
  if (!downloaded || !caughtUp) return { kind: 'connecting', unsent, stored, ...moving(downloading) }
  return { kind: 'saved' }
}

function moving(progress: Progress | undefined): Moving {
  return progress ? { progress } : {}
}
