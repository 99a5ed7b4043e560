import {
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
  type Awareness,
} from 'y-protocols/awareness'
import type { SyncClient } from './sync-client.ts'

/** A hidden tab's timers sleep, and others forget a cursor after 30 s; the server's heartbeat wakes us in time. */
const RENEW_AFTER_MS = 14_000

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

/** Who is here, on one connection: one's own state out, everybody's in. */
export class AwarenessExchange {
  readonly #client: SyncClient
  readonly #awareness: Awareness

  constructor(client: SyncClient, awareness: Awareness) {
    this.#client = client
    this.#awareness = awareness
    awareness.on('update', this.#updated)
  }

  /** Says again that we are here: peers saw this client leave, and take it back only with a newer state. */
  announce(): void {
    const state = this.#awareness.getLocalState()
    if (state) this.#awareness.setLocalState(state)
  }

  /** Says it again if the others are about to forget it. */
  renew(): void {
    const renewedAt = this.#awareness.meta.get(this.#awareness.clientID)?.lastUpdated ?? 0
    if (Date.now() - renewedAt > RENEW_AFTER_MS) this.announce()
  }

  /** Takes what the server says of the others. */
  received(update: Uint8Array): void {
    try {
      applyAwarenessUpdate(this.#awareness, update, this)
    } catch {
      // Not JSON, or cut off: what came before it is taken, and the next one replaces all of it.
    }
  }

  /** The connection is gone, and with it all others. */
  end(): void {
    this.#awareness.off('update', this.#updated)
    const others = [...this.#awareness.getStates().keys()].filter((client) => client !== this.#awareness.clientID)
    removeAwarenessStates(this.#awareness, others, this)
  }

  readonly #updated = ({ added, updated, removed }: AwarenessChange): void => {
    const { clientID } = this.#awareness
    if (![...added, ...updated, ...removed].includes(clientID)) return
    this.#client.send({ kind: 'awareness', update: encodeAwarenessUpdate(this.#awareness, [clientID]) })
  }
}
