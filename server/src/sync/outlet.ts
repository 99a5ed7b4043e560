import type { WebSocketLike } from '@hocuspocus/server'
import { MESSAGE_OVERHEAD_BYTES } from './frame-writer.ts'

/** Somebody who is judged hears nothing meanwhile; with more than this to be told, they are to come back later. */
const MAX_HELD_BYTES = 1024 * 1024

/** What an outlet is made of. */
export interface OutletParts {
  readonly socket: WebSocketLike
  /** Whether the client may hear nothing any more: its token has ended. */
  readonly isOver: () => boolean
  /** Something was to be told to a client that may hear nothing any more. */
  readonly onOver: () => void
  /** So much is held back that no more of it can be kept. */
  readonly onTooMuch: () => void
}

/**
 * Through here goes what one stay's client is told, also what it asked for. From the moment that access changes it is
 * held back, until it is known whether they may still hear it: what others draw after somebody was removed must not
 * reach them, however long the store takes to answer, or a thread to put an answer together.
 */
export class Outlet implements WebSocketLike {
  readonly #parts: OutletParts
  #held: Array<() => void> | undefined
  #heldBytes = 0
  #hasEnded = false

  constructor(parts: OutletParts) {
    this.#parts = parts
  }

  /** The state of the socket, as WebSocket numbers it. */
  get readyState(): number {
    return this.#parts.socket.readyState
  }

  /** Sends a frame, now or when it may be. */
  send(frame: Uint8Array): void {
    const { socket } = this.#parts
    // After the end, it is the goodbye.
    if (this.#hasEnded || this.#isOpen()) socket.send(frame)
    else this.#keep(() => socket.send(frame), frame.length)
  }

  /**
   * Does what tells the client something, now or when it may be, or never: for what is read from the drawing later than
   * it was asked for.
   */
  whenOpen(tell: () => void): void {
    if (this.#hasEnded) return
    if (this.#isOpen()) tell()
    else this.#keep(tell, 0)
  }

  /** Whether the stay has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Whether what the client is to be told is held back. */
  get isHeld(): boolean {
    return this.#held !== undefined
  }

  #isOpen(): boolean {
    if (!this.#held && this.#parts.isOver()) {
      this.hold()
      // Not in the middle of a broadcast to all.
      queueMicrotask(this.#parts.onOver)
    }
    return !this.#held
  }

  #keep(tell: () => void, bytes: number): void {
    this.#held?.push(tell)
    this.#heldBytes += bytes + MESSAGE_OVERHEAD_BYTES
    if (this.#heldBytes <= MAX_HELD_BYTES) return
    this.hold()
    queueMicrotask(this.#parts.onTooMuch)
  }

  /** From now on nothing is told; what was held before is forgotten. */
  hold(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  /** Tells what was held, in order, and from now on at once. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const tell of held) this.whenOpen(tell)
  }

  /** The stay has ended: what was held is never told, and what still comes is the goodbye. */
  end(): void {
    this.#held = undefined
    this.#hasEnded = true
  }

  close(code?: number, reason?: string): void {
    this.#parts.socket.close(code, reason)
  }
}
