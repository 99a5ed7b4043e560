import { executionAsyncResource } from 'node:async_hooks'
import type { Socket } from 'node:net'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { Logger } from 'pino'

/** What the words of the memory that both threads see hold: see `HangWatch`. */
export const STATE = 0
export const TURN = 1
export const LIMIT_MS = 2
/** Nothing is watched; something is; what is watched is being ended. */
export const IDLE = 0
export const BUSY = 1
export const ENDING = 2

/** What is large may take longer before it is ended: a second for four megabytes. */
export const MS_PER_BYTE = 1_000 / (4 * 1024 * 1024)

/** What those who may hang are run by: `HangWatch`, or in a simulation, where no other thread can watch, nobody. */
export type Watch<Work> = Pick<HangWatch<Work>, 'turn' | 'next' | 'run' | 'close'>

/** What the watching thread is started with. */
export interface HangWatchStart {
  readonly memory: SharedArrayBuffer
}

/**
 * Anything in one thread that reads what a client sent may take for ever, by a fault that nobody has found yet. Another
 * thread watches, and ends what has taken too long, as a debugger would: nothing of it goes on, not even a `catch` or a
 * `finally`, but the event loop does. It costs those who were in that room a moment, and nobody else more than `limitMs`.
 *
 * Before something is begun, the memory that both threads see says so; when it has come to its end, by itself, it says
 * that too. Whoever changes the word from `BUSY` first has decided how it ends. Source: `Runtime.terminateExecution` of
 * V8's inspector protocol.
 *
 * What is ended must have been called by the event loop itself: a socket that has data, or a message port. In a promise's
 * reaction, all other reactions that wait would be dropped with it; a timer, an immediate and a tick keep accounts that
 * would not add up any more, for which Node ends the process.
 */
export class HangWatch<Work> {
  readonly #memory = new Int32Array(new SharedArrayBuffer(12))
  readonly #worker: Worker
  readonly #onEnded: (work: Work) => void
  readonly #inbox: MessagePort
  readonly #outbox: MessagePort
  /** What is to be called by the event loop, each with a message on its way. */
  readonly #turns: Array<() => void> = []
  readonly #limitMs: number
  #running: Work | undefined

  /** `onEnded` is told what was ended, in a turn of its own. `limitMs` is of the processor's time and of a clock's. */
  constructor(parts: { limitMs: number; log: Logger; onEnded: (work: Work) => void }) {
    const { limitMs, log, onEnded } = parts
    this.#onEnded = onEnded
    this.#limitMs = limitMs
    const memory = this.#memory.buffer
    const workerData: HangWatchStart = { memory }
    this.#worker = new Worker(new URL('./hang-watch-worker.ts', import.meta.url), { workerData })
    this.#worker.on('message', () => this.#recover())
    this.#worker.on('error', (error) => log.error({ err: error }, 'nobody watches for what hangs any more'))
    this.#worker.unref()
    const { port1, port2 } = new MessageChannel()
    this.#outbox = port1
    this.#inbox = port2
    port2.on('message', () => this.#turns.shift()?.())
    port2.unref()
  }

  /** Whether the event loop has called this for data of the socket, so that `run` may be called. */
  static isCalledFor(socket: Socket): boolean {
    // oxlint-disable-next-line no-underscore-dangle -- there is no other way to what the event loop calls it for
    return executionAsyncResource() === (socket as unknown as { _handle: object | null })._handle
  }

  /**
   * Does something that may hang in a turn of its own, and resolves with what came of it. Of what is ended, the promise is
   * never settled. `moreMs` is what it may take beyond what anything may.
   */
  turn<T>(work: Work, act: () => T, moreMs = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        try {
          resolve(act())
        } catch (error) {
          reject(error)
        }
      }
      this.next(() => this.run(work, settle, moreMs))
    })
  }

  /** Has the event loop call back soon, so that `run` may be called. */
  next(callback: () => void): void {
    this.#turns.push(callback)
    // A port takes up to a thousand messages in one go; between two of them, sockets are to be read.
    setImmediate(() => this.#outbox.postMessage(null))
  }

  /**
   * Does something that may hang, when the event loop has called us: see `isCalledFor`. What it is called from must bear
   * that it never comes back from it. `moreMs` is what it may take beyond what anything may.
   */
  run<T>(work: Work, act: () => T, moreMs = 0): T {
    const memory = this.#memory
    if (this.#running !== undefined) {
      // Within what is watched already. Or that was ended, and the message which says so is still on its way.
      if (Atomics.load(memory, STATE) !== IDLE) return act()
      this.#recover()
    }
    this.#running = work
    Atomics.add(memory, TURN, 1)
    Atomics.store(memory, LIMIT_MS, this.#limitMs + moreMs)
    Atomics.store(memory, STATE, BUSY)
    try {
      return act()
    } finally {
      // It has ended by itself, but the other thread has decided otherwise: whatever is begun now would be ended instead.
      if (Atomics.compareExchange(memory, STATE, BUSY, IDLE) === ENDING) while (Atomics.load(memory, STATE) === ENDING);
      this.#running = undefined
    }
  }

  /** Watches no more. */
  async close(): Promise<void> {
    this.#inbox.close()
    await this.#worker.terminate()
  }

  #recover(): void {
    const work = this.#running
    this.#running = undefined
    if (work !== undefined) this.#onEnded(work)
  }
}
