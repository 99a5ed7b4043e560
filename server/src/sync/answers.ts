import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import type { CatchUpLine } from './catch-up-line.ts'
import type { MissingUpdates } from './missing-updates.ts'
import type { Outlet } from './outlet.ts'
import * as wire from './wire.ts'

/** What answers are sent through: the client's socket. */
export interface AnswerSocket {
  /** Sends a sync message with an update, which is not copied when it is large. */
  sendUpdate(address: string, kind: 'step2' | 'update', update: Uint8Array): void
  /** Sends updates as fast as the client takes them, and then calls back; not when the stay ends before. */
  sendPieces(address: string, pieces: readonly Uint8Array[] | Promise<readonly Uint8Array[]>, onSent: () => void): void
}

/** What the answers of one stay are made of. */
export interface AnswersParts {
  readonly missing: MissingUpdates
  readonly catchUps: CatchUpLine
  /** Whose stay it is. */
  readonly person: object
  readonly address: string
  readonly socket: AnswerSocket
  readonly outlet: Outlet
  /** Does what may throw for the room's sake. */
  readonly guard: (work: () => void) => void
  /** The room cannot be read. */
  readonly onBroken: (error: unknown) => void
}

/** Answers one client's questions for what it lacks, one at a time. */
export class Answers {
  readonly #parts: AnswersParts
  #isAnswering = false
  /** For each answer that is being sent, which base it is made of: endless until it is put together. */
  readonly #bases = new Set<{ number: number }>()
  /** What was asked last while an answer is on its way. */
  #askedMeanwhile: Uint8Array | undefined

  constructor(parts: AnswersParts) {
    this.#parts = parts
  }

  /** Sends what somebody with this state vector lacks. The last is a SyncStep2: with it, the client has everything. */
  answer(stateVector: Uint8Array): void {
    // The next answer would only pile up behind the one that is on its way, for somebody who may never read.
    if (this.#isAnswering) {
      this.#askedMeanwhile = stateVector
      return
    }
    const { missing, outlet } = this.#parts
    const updates = missing.for(stateVector)
    if (!(updates instanceof Promise)) {
      const [only = wire.EMPTY_UPDATE, ...others] = updates
      if (others.length === 0 && only.length <= PIECE_BYTES) return this.#close(only)
    }
    this.#isAnswering = true
    this.#send(updates, () => outlet.whenOpen(() => this.#sent()))
  }

  /** Whether anything is still being sent of a base that there was before this one. */
  holdsBefore(baseNumber: number): boolean {
    return [...this.#bases].some(({ number }) => number < baseNumber)
  }

  /**
   * Sends what somebody lacks who fell behind when the room had this state. They did not ask for it, so that nothing says
   * when it is all.
   */
  catchUp(stateVector: Uint8Array): void {
    const { missing, catchUps, person, outlet, guard } = this.#parts
    const who = { person, stateVector, isIn: () => !outlet.hasEnded }
    const send = () => this.#send(catchUps.next(who, () => missing.for(stateVector)))
    outlet.whenOpen(() => guard(send))
  }

  #send(updates: readonly Uint8Array[] | Promise<readonly Uint8Array[]>, onSent: () => void = () => undefined): void {
    const { missing, socket, address, onBroken } = this.#parts
    const base = { number: Infinity }
    const isReady = () => (base.number = missing.baseNumber)
    if (updates instanceof Promise) updates.then(isReady).catch(onBroken)
    else isReady()
    this.#bases.add(base)
    socket.sendPieces(address, updates instanceof Promise ? this.#onceOpen(updates) : updates, () => {
      this.#bases.delete(base)
      onSent()
    })
  }

  /** What is put together while they are judged holds what was drawn since: it waits for how that ends. */
  async #onceOpen<T>(answer: Promise<T>): Promise<T> {
    const ready = await answer
    await new Promise<void>((resolve) => this.#parts.outlet.whenOpen(resolve))
    return ready
  }

  #sent(): void {
    this.#isAnswering = false
    this.#close(wire.EMPTY_UPDATE)
    const again = this.#askedMeanwhile
    this.#askedMeanwhile = undefined
    if (again) this.#parts.guard(() => this.answer(again))
  }

  #close(update: Uint8Array): void {
    this.#parts.socket.sendUpdate(this.#parts.address, 'step2', update)
  }
}
