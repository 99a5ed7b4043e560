import { MAX_PRESENCE_BYTES, type Presence } from '@sketchroom/shared/presence'
import type { Awareness } from 'y-protocols/awareness'
import type { Clock } from '../binding/clock.ts'
import { Throttle } from '../binding/throttle.ts'
import { parsePresence } from './parse-presence.ts'
import type { Presences } from './people.ts'

/** Twenty times a second is as often as a cursor needs to move. */
const INTERVAL_MS = 50

/** The server adds who one is. */
const ROOM_FOR_USER = 1_024

/** A part of one's presence; undefined takes it back. */
export type PresencePatch = { readonly [K in keyof Presence]?: Presence[K] | undefined }

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

/** One's own presence on the way out and everybody's on the way in, neither more often than 20 times a second. */
export class RoomPresence {
  readonly #awareness: Awareness
  readonly #publishSoon: Throttle
  readonly #notifySoon: Throttle
  readonly #others = new Map<number, Presence>()
  #own: Presence = {}
  #published = ''

  /** `onChange` is told when the presence of others has changed. */
  constructor(awareness: Awareness, clock: Clock, onChange: () => void) {
    this.#awareness = awareness
    this.#publishSoon = new Throttle(clock, INTERVAL_MS, () => this.#publish())
    this.#notifySoon = new Throttle(clock, INTERVAL_MS, onChange)
    this.#read(awareness.getStates().keys())
    awareness.on('change', this.#onAwareness)
  }

  get clientId(): number {
    return this.#awareness.clientID
  }

  /** The presence of the others, as far as it is sound. */
  get others(): Presences {
    return this.#others
  }

  /** Changes a part of one's own presence. */
  update(patch: PresencePatch): void {
    const next = Object.entries({ ...this.#own, ...patch }).filter(([, value]) => value !== undefined)
    this.#own = Object.fromEntries(next)
    if (JSON.stringify(this.#own) !== this.#published) this.#publishSoon.request()
  }

  /** Stops, and is not on the board any more. */
  destroy(): void {
    this.#publishSoon.stop()
    this.#notifySoon.stop()
    this.#awareness.off('change', this.#onAwareness)
    this.#awareness.setLocalState(null)
  }

  readonly #onAwareness = ({ added, updated, removed }: AwarenessChange): void => {
    if (this.#read([...added, ...updated, ...removed])) this.#notifySoon.request()
  }

  /** Takes what these clients say; whether one of them is somebody else. */
  #read(clientIds: Iterable<number>): boolean {
    let isNews = false
    for (const clientId of clientIds) {
      if (clientId === this.clientId) continue
      isNews = true
      const state = this.#awareness.getStates().get(clientId)
      if (state) this.#others.set(clientId, parsePresence(state))
      else this.#others.delete(clientId)
    }
    return isNews
  }

  #publish(): void {
    this.#published = JSON.stringify(this.#own)
    this.#awareness.setLocalState(withinLimit(this.#own))
  }
}

/** Leaves out what is largest and least missed until the server will pass the state on. */
function withinLimit(presence: Presence): Presence {
  const fits = (candidate: Presence) => JSON.stringify(candidate).length < MAX_PRESENCE_BYTES - ROOM_FOR_USER
  if (fits(presence)) return presence
  const { motion: _motion, ...still } = presence
  if (fits(still)) return still
  const { selection: _selection, ...least } = still
  return least
}
