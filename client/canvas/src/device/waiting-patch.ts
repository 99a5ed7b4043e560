import type { Role } from '@sketchroom/shared/roles'
import type { Clocks } from '../collab/edits.ts'
import type { RoomPatch } from './room-rows.ts'

/** What is new of a room beside its drawing, until it is written. */
export class WaitingPatch {
  #durable = new Map<number, number>()
  #role: RoomPatch['role']
  #bytes = 0

  get isEmpty(): boolean {
    return this.#bytes === 0 && this.#durable.size === 0 && !this.#role
  }

  /** So much is durable on the server. */
  addDurable(clocks: Clocks): void {
    for (const [client, clock] of clocks) this.#durable.set(client, Math.max(clock, this.#durable.get(client) ?? 0))
  }

  /** The person may do this here; undefined: nothing. */
  setRole(role: Role | undefined): void {
    this.#role = { value: role }
  }

  /** The room's rows have grown. */
  addBytes(bytes: number): void {
    this.#bytes += bytes
  }

  /** Takes what waits, to write it. */
  take(): RoomPatch {
    const patch = { durable: this.#durable, role: this.#role, bytes: this.#bytes }
    this.#durable = new Map()
    this.#role = undefined
    this.#bytes = 0
    return patch
  }

  /** It could not be written, and is in no document: it waits for the next try. */
  giveBack({ durable, role, bytes }: RoomPatch): void {
    this.addDurable(durable)
    this.#role ??= role
    this.#bytes += bytes
  }
}
