import type { Document } from '@hocuspocus/server'
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import type { AwarenessOwners } from './awareness-owners.ts'

/** Marks what another instance tells of the cursors there. */
class Elsewhere {
  readonly instance: string

  constructor(instance: string) {
    this.instance = instance
  }
}

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

/**
 * The awareness of a room that several instances have: each tells the others of the cursors of those who are connected to it,
 * and of no others, so that each goes over the bus once.
 */
export class SharedAwareness {
  readonly #document: Document
  readonly #owners: AwarenessOwners
  readonly #share: (update: Uint8Array) => void
  /** The awareness clients that are connected to other instances, each with which. */
  readonly #elsewhere = new Map<number, string>()
  /** Those that are connected here and have something new to be told. */
  readonly #news = new Set<number>()

  constructor(parts: { document: Document; owners: AwarenessOwners; share: (update: Uint8Array) => void }) {
    this.#document = parts.document
    this.#owners = parts.owners
    this.#share = parts.share
    parts.document.awareness.on('update', (change: AwarenessChange, origin: unknown) => this.#changed(change, origin))
  }

  /** Tells the other instances what is new of those who are connected here. */
  tell(): void {
    if (this.#news.size === 0) return
    const clients = [...this.#news]
    this.#news.clear()
    this.#share(this.#encode(clients))
  }

  /** The cursors of all who are connected here; undefined when there is none. */
  ownCursors(): Uint8Array | undefined {
    const clients = [...this.#document.awareness.states.keys()].filter((client) => !this.#elsewhere.has(client))
    return clients.length === 0 ? undefined : this.#encode(clients)
  }

  /** Another instance tells where cursors are. */
  receive(update: Uint8Array, instance: string): void {
    applyAwarenessUpdate(this.#document.awareness, update, new Elsewhere(instance))
  }

  /** That instance is gone, and everybody who was connected to it. */
  left(instance: string): void {
    const gone = [...this.#elsewhere].filter(([, of]) => of === instance).map(([client]) => client)
    if (gone.length > 0) removeAwarenessStates(this.#document.awareness, gone, new Elsewhere(instance))
  }

  #changed({ added, updated, removed }: AwarenessChange, origin: unknown): void {
    for (const client of [...added, ...updated, ...removed]) {
      // Whose instance says nothing of them for too long is forgotten here; the others count for themselves.
      if (origin === 'timeout' && this.#elsewhere.delete(client)) continue
      if (!(origin instanceof Elsewhere)) {
        this.#elsewhere.delete(client)
        this.#news.add(client)
        continue
      }
      // They have gone to another instance, and it was not noticed yet that their connection here is dead.
      this.#owners.releaseClient(client)
      this.#news.delete(client)
      if (removed.includes(client)) this.#elsewhere.delete(client)
      else this.#elsewhere.set(client, origin.instance)
    }
    if (!(origin instanceof Elsewhere)) return
    // Everybody reads there under which number somebody draws: from now on, nobody else may here either.
    for (const client of added) this.#owners.announce(client, this.#document.awareness.states.get(client))
  }

  #encode(clients: number[]): Uint8Array {
    const known = clients.filter((client) => this.#document.awareness.meta.has(client))
    return encodeAwarenessUpdate(this.#document.awareness, known)
  }
}
