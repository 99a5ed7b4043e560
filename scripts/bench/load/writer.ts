import type { RoomFrames } from './dialects.ts'
import type { EditSource } from './edit-source.ts'
import type { LightSocket } from './light-socket.ts'

/** Somebody who draws, and knows when each edit was sent and answered. Times in milliseconds. */
export class Writer {
  readonly source: EditSource
  /** How many edits were sent. */
  sent = 0
  /** How many edits were answered. */
  answered = 0
  /** How long each answer took, since it was last emptied. */
  ackWaits: number[] = []
  readonly #frames: RoomFrames
  readonly #socket: LightSocket
  readonly #sentAt: number[] = []
  #openingAnswered = false

  constructor(source: EditSource, frames: RoomFrames, socket: LightSocket) {
    this.source = source
    this.#frames = frames
    this.#socket = socket
  }

  /** Draws the rectangle that the edits drag. */
  begin(): void {
    this.#socket.send(this.#frames.update(this.source.opening))
  }

  /** Sends the next edits. */
  send(count: number): void {
    if (count <= 0) return
    this.#socket.together(() => {
      for (let n = 0; n < count; n++) {
        this.#sentAt[this.sent] = performance.now()
        this.#socket.send(this.#frames.update(this.source.edit(this.sent)))
        this.sent += 1
      }
    })
  }

  /** The server has answered the next one. */
  answer(): void {
    if (!this.#openingAnswered) {
      this.#openingAnswered = true
      return
    }
    this.ackWaits.push(performance.now() - this.sentAt(this.source.openingTicks + this.answered))
    this.answered += 1
  }

  /** When the edit that made this tick was sent; `-Infinity` for the opening's. */
  sentAt(clock: number): number {
    return this.#sentAt[clock - this.source.openingTicks] ?? -Infinity
  }
}
