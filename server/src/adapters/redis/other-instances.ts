import type { EventEmitter } from 'node:events'
import type { BusEvents } from '../../ports/instance-bus.ts'
import type { InstanceMessage } from './bus-messages.ts'

/** An instance that has said nothing for so long has stopped, or cannot be heard. */
const SILENT_MS = 5_000

interface OtherInstance {
  heardAt: number
  /** How many notices it has sent, all of which were heard. */
  notices: number
}

/** Follows which other instances there are, and whether a notice of theirs was lost. */
export class OtherInstances {
  readonly #heard: EventEmitter<BusEvents>
  readonly #now: () => number
  readonly #known = new Map<string, OtherInstance>()

  /** `now` is in milliseconds, from whenever. */
  constructor(heard: EventEmitter<BusEvents>, now: () => number) {
    this.#heard = heard
    this.#now = now
  }

  /** Those that are heard of. */
  names(): string[] {
    return [...this.#known.keys()]
  }

  /** Something that an instance says to all. */
  receive(name: string, message: InstanceMessage): void {
    if (message.type === 'leaving') return this.#left(name)
    const before = this.#known.get(name)
    this.#known.set(name, { heardAt: this.#now(), notices: message.notices })
    // One that was not known may have been here all the time, unheard.
    const next = (before?.notices ?? 0) + (message.type === 'notice' ? 1 : 0)
    if (message.type === 'notice') this.#heard.emit('notice', message.notice)
    if (message.notices !== next) this.#heard.emit('missed')
  }

  /** Those who have said nothing for long have left. */
  forgetSilent(): void {
    for (const [name, { heardAt }] of this.#known) if (this.#now() - heardAt > SILENT_MS) this.#left(name)
  }

  #left(name: string): void {
    if (this.#known.delete(name)) this.#heard.emit('left', name)
  }
}
