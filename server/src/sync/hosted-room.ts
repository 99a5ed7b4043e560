import type { Document } from '@hocuspocus/server'
import type { RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { applyUpdate } from 'yjs'
import type { RoomLink } from './room-link.ts'

/**
 * A room broadcasts at most this often, since fewer frames are what makes a busy room cheap. The first edit
 * after a quiet moment does not wait.
 */
const GATHER_MS = 8

/**
 * A gathering is sent early once it is this large: merging takes Yjs time that grows with the square of the
 * number of updates, and a few hundred small ones are where that begins to outweigh the frame saved.
 */
const GATHER_BYTES = 4096

/** The longest wait that a timer takes: for Hocuspocus's, where this server does better itself. */
export const NEVER_MS = 2 ** 31 - 1

/** Nobody needs to speak for more awareness clients than a few tabs have. */
const MAX_CLIENTS_PER_LINK = 8

/** So many clients that have gone are remembered, since what others say of them may still be under way. */
const MAX_GONE_CLIENTS = 256

/** What became of an update that a client sent. */
export type ApplyResult = 'applied' | 'missing-dependencies' | 'kept-pending'

/** A room in memory: its document, and the connections that are in it. */
export class HostedRoom {
  readonly id: RoomId
  readonly document: Document
  readonly links = new Set<RoomLink>()
  readonly #clientOwners = new Map<number, RoomLink>()
  readonly #goneClients = new Set<number>()
  #lastFlushAt = -Infinity
  #flushTimer: NodeJS.Timeout | undefined

  constructor(id: RoomId, document: Document) {
    this.id = id
    this.document = document
    // Hocuspocus would set a timer for each edit, and we would clear it: Node wakes for a cleared one all the same.
    document.flushDelay = NEVER_MS
    document.flushMaxBytes = GATHER_BYTES
    // Hocuspocus listens too, and did first: by now it has put the change with what waits to be broadcast.
    document.on('update', () => this.#flushSoon())
    document.awareness.on('update', () => this.#flushSoon())
  }

  /** Who is here, each person once. */
  get present(): PresenceUser[] {
    return [...new Map([...this.links].map((link) => [link.user.id, link.user])).values()]
  }

  /**
   * Applies an update. Yjs keeps what refers to unknown edits aside ("pending") and says nothing; such an
   * update is given back as `missing-dependencies`, so that the sender is asked for all it has. Only a
   * room that was loaded with a hole in its history keeps it pending. Throws when it does not integrate.
   */
  apply(update: Uint8Array, origin: RoomLink): ApplyResult {
    const { store } = this.document
    const [structs, deletions] = [store.pendingStructs?.update, store.pendingDs]
    applyUpdate(this.document, update, origin)
    if (store.pendingStructs === null && store.pendingDs === null) return 'applied'
    if (structs || deletions) {
      const unchanged = isSame(structs, store.pendingStructs?.update) && isSame(deletions, store.pendingDs)
      return unchanged ? 'applied' : 'kept-pending'
    }
    store.pendingStructs = null
    store.pendingDs = null
    return 'missing-dependencies'
  }

  /** Sends what waits to be broadcast: now, or as soon as the last broadcast is `GATHER_MS` ago. */
  #flushSoon(): void {
    if (this.#flushTimer) return
    const waitMs = this.#lastFlushAt + GATHER_MS - performance.now()
    if (waitMs <= 0) this.#flush()
    else this.#flushTimer = setTimeout(() => this.#flush(), waitMs)
  }

  #flush(): void {
    this.#flushTimer = undefined
    this.#lastFlushAt = performance.now()
    const forgotten = this.#takeLongGone()
    this.document.flush()
    // Only now: Hocuspocus tells that a client has gone by the clock that it had, and throws when there is none.
    for (const clientId of forgotten) this.document.awareness.meta.delete(clientId)
  }

  /** Taken before a flush, since a flush may find that others have gone, whom it has not told of. */
  #takeLongGone(): readonly number[] {
    const excess = this.#goneClients.size - MAX_GONE_CLIENTS
    if (excess <= 0) return []
    const taken = [...this.#goneClients].slice(0, excess)
    for (const clientId of taken) this.#goneClients.delete(clientId)
    return taken
  }

  /**
   * Whether the connection may speak for this awareness client: it is its own, or nobody's, or the same
   * person's from a connection that has not been noticed to be dead yet. What is no news claims nothing:
   * some clients repeat all that they hear.
   */
  claimClient(clientId: number, clock: number, link: RoomLink): boolean {
    // A socket that is being closed still says things, and nobody would take back what it says here.
    if (!this.links.has(link)) return false
    const owner = this.#clientOwners.get(clientId)
    if (owner && owner.user.id !== link.user.id) return false
    // Hocuspocus notes only clients it has never seen; one that comes back would leave a ghost cursor.
    const own = this.document.getClients(link.connection)
    if (own.has(clientId)) return true
    if (clock <= (this.document.awareness.meta.get(clientId)?.clock ?? -1)) return false
    // A client that was given up counts too: it is remembered until the connection goes.
    if (link.clients.size >= MAX_CLIENTS_PER_LINK && !link.clients.has(clientId)) return false
    if (owner && owner !== link) this.document.getClients(owner.connection).delete(clientId)
    this.#clientOwners.set(clientId, link)
    this.#goneClients.delete(clientId)
    link.clients.add(clientId)
    own.add(clientId)
    return true
  }

  /** Takes a connection out, with the cursors it spoke for. */
  remove(link: RoomLink): void {
    this.links.delete(link)
    for (const clientId of link.clients) {
      if (this.#clientOwners.get(clientId) !== link) continue
      this.#clientOwners.delete(clientId)
      this.#goneClients.add(clientId)
    }
  }
}

function isSame(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b
}
