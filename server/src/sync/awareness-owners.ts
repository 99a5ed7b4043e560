import type { Connection, Document } from '@hocuspocus/server'
import type { PresenceUser } from '@sketchroom/shared/presence'
import type { ClientOwners } from '../core/gate/client-owners.ts'

/** Nobody needs to speak for more awareness clients than a few tabs have, in all or in one message. */
export const MAX_AWARENESS_CLIENTS = 8

/** So many clients that have gone are remembered, since what others say of them may still be under way. */
const MAX_GONE_CLIENTS = 256

/** What decides over a session's awareness. */
export interface AwarenessSession {
  readonly connection: Connection
  readonly user: PresenceUser
  /** Whether the stay goes on. */
  readonly isIn: boolean
}

/** Which session may speak for which awareness client of a room. */
export class AwarenessOwners {
  readonly #document: Document
  readonly #yjsClients: ClientOwners
  readonly #owners = new Map<number, AwarenessSession>()
  /** The clients that each session has ever spoken for. */
  readonly #clients = new WeakMap<AwarenessSession, Set<number>>()
  readonly #gone = new Set<number>()

  constructor(document: Document, clients: ClientOwners) {
    this.#document = document
    this.#yjsClients = clients
  }

  /**
   * Whether the session may speak for this awareness client: it is its own, or nobody's, or the same person's from a
   * connection that has not been noticed to be dead yet. What is no news claims nothing: some clients repeat all that
   * they hear.
   */
  claim(clientId: number, clock: number, session: AwarenessSession): boolean {
    // A socket that is being closed still says things, and nobody would take back what it says here.
    if (!session.isIn) return false
    const owner = this.#owners.get(clientId)
    if (owner && owner.user.id !== session.user.id) return false
    // Hocuspocus takes back what a connection spoke for when that goes, by a set that it lets others fill. It notes only
    // clients it has never seen itself; one that comes back would leave a ghost cursor.
    const own = this.#document.getClients(session.connection)
    if (own.has(clientId)) return true
    if (clock <= (this.#document.awareness.meta.get(clientId)?.clock ?? -1)) return false
    // A client that was given up counts too: it is remembered until the connection goes.
    const clients = this.#clients.get(session) ?? new Set()
    if (clients.size >= MAX_AWARENESS_CLIENTS && !clients.has(clientId)) return false
    // Everybody reads here under which number somebody draws: from now on, nobody else may.
    if (!this.#yjsClients.announce(clientId, session.user.id)) return false
    if (owner && owner !== session) this.#document.getClients(owner.connection).delete(clientId)
    this.#owners.set(clientId, session)
    this.#gone.delete(clientId)
    this.#clients.set(session, clients.add(clientId))
    own.add(clientId)
    return true
  }

  /** Gives up all that an ended session spoke for. */
  release(session: AwarenessSession): void {
    for (const clientId of this.#clients.get(session) ?? []) {
      if (this.#owners.get(clientId) !== session) continue
      this.#owners.delete(clientId)
      this.#gone.add(clientId)
    }
  }

  /** A client is connected to another instance: no session here speaks for it any more. */
  releaseClient(clientId: number): void {
    const owner = this.#owners.get(clientId)
    if (!owner) return
    this.#document.getClients(owner.connection).delete(clientId)
    this.#owners.delete(clientId)
  }

  /** Another instance shows somebody under a client's id, with this state. */
  announce(clientId: number, state: Record<string, unknown> | undefined): void {
    const user = state?.['user'] as Partial<PresenceUser> | undefined
    if (typeof user?.id === 'string') this.#yjsClients.announce(clientId, user.id)
  }

  /** Broadcasts, and then forgets the clients that went longest ago. */
  forgetLongGone(broadcast: () => void): void {
    // Taken before, since the broadcast may find that others have gone, whom it has not told of.
    const forgotten = [...this.#gone].slice(0, Math.max(0, this.#gone.size - MAX_GONE_CLIENTS))
    broadcast()
    for (const clientId of forgotten) {
      this.#gone.delete(clientId)
      // Only now: Hocuspocus tells that a client has gone by the clock that it had, and throws when there is none.
      this.#document.awareness.meta.delete(clientId)
    }
  }
}
