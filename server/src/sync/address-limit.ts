import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { addressKey } from '../client-address.ts'

/** A warning for each refusal would let whoever is refused fill the disk. */
const WARN_EVERY_MS = 60_000

/** What is counted, for the warning: in words, and the variable that allows more. */
export interface Counted {
  readonly what: string
  readonly variable: string
}

const WEB_SOCKETS: Counted = { what: 'WebSockets', variable: 'MAX_SOCKETS_PER_ADDRESS' }

/** Counts the open sockets of each address, so that one client cannot take all descriptors of the process. */
export class AddressLimit {
  readonly #max: number
  readonly #log: Logger
  readonly #now: () => number
  readonly #counted: Counted
  readonly #open = new Map<string, number>()
  #warnedAt = -Infinity
  #refusedSince = 0

  /** `now` is in milliseconds, from whenever. */
  constructor(max: number, log: Logger, now: () => number = () => performance.now(), counted = WEB_SOCKETS) {
    this.#max = max
    this.#log = log
    this.#now = now
    this.#counted = counted
  }

  /** Counts a socket until its descriptor is free again; false, counting nothing, when the address has enough. */
  take(ip: string, socket: Duplex): boolean {
    const key = addressKey(ip)
    const open = this.#open.get(key) ?? 0
    if (open >= this.#max) {
      this.#warn(key)
      return false
    }
    this.#open.set(key, open + 1)
    socket.once('close', () => this.#giveBack(key))
    return true
  }

  #giveBack(key: string): void {
    const open = this.#open.get(key) ?? 0
    if (open > 1) this.#open.set(key, open - 1)
    else this.#open.delete(key)
  }

  #warn(address: string): void {
    this.#refusedSince += 1
    const now = this.#now()
    if (now - this.#warnedAt < WARN_EVERY_MS) return
    const { what, variable } = this.#counted
    this.#log.warn(
      { address, maxSockets: this.#max, refused: this.#refusedSince },
      `an address has as many ${what} open as it may, and further ones are refused; if it is that of a proxy in ` +
        `front, set TRUST_PROXY to the number of proxies, otherwise ${variable}`,
    )
    this.#warnedAt = now
    this.#refusedSince = 0
  }
}
