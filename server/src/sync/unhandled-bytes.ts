/** Somebody whose bytes are counted. */
export interface Holder {
  /** The client's address, as it is counted. */
  readonly address: string
  /** Who they are; undefined before they have signed in. */
  userId: string | undefined
  /** So much was taken of all that this one, who has most, has to go. */
  readonly giveUp: () => void
}

/** How much may be held of one address, and of all together. */
export interface UnhandledLimits {
  readonly perAddress: number
  readonly total: number
}

/** What is held of one address. */
interface OfAddress {
  bytes: number
  readonly holders: Map<Holder, number>
}

/**
 * Counts what clients have sent and nobody has handled yet: messages that are not whole, and those that wait. One frame
 * may be large, and a thousand sockets may each begin one, so that not only each is bounded but all of them. When they
 * have too much, whoever has most gives it up, of the address that has most: not whoever comes next. What a person has on
 * several sockets counts together, and so does what all have who have not signed in: a thousand sockets with a little each
 * would otherwise have the one long edit cut that somebody else sends from the same address.
 */
export class UnhandledBytes {
  readonly #limits: UnhandledLimits
  readonly #addresses = new Map<string, OfAddress>()
  #total = 0

  constructor(limits: UnhandledLimits) {
    this.#limits = limits
  }

  /** So much is held of this one from now on. */
  set(holder: Holder, bytes: number): void {
    const of = this.#addresses.get(holder.address) ?? { bytes: 0, holders: new Map<Holder, number>() }
    const change = bytes - (of.holders.get(holder) ?? 0)
    of.bytes += change
    this.#total += change
    if (bytes > 0) of.holders.set(holder, bytes)
    else of.holders.delete(holder)
    if (of.holders.size > 0) this.#addresses.set(holder.address, of)
    else this.#addresses.delete(holder.address)
    if (change <= 0) return
    if (of.bytes > this.#limits.perAddress) giveUpMost(of)
    else if (this.#total > this.#limits.total) giveUpMost(mostOf(this.#addresses.values()))
  }
}

function mostOf<T extends { readonly bytes: number }>(all: Iterable<T>): T | undefined {
  let most: T | undefined
  for (const each of all) if (!most || each.bytes > most.bytes) most = each
  return most
}

function giveUpMost(of: OfAddress | undefined): void {
  const shares = new Map<string | undefined, { bytes: number; most: Holder; mostBytes: number }>()
  for (const [holder, bytes] of of?.holders ?? []) {
    const share = shares.get(holder.userId) ?? { bytes: 0, most: holder, mostBytes: 0 }
    share.bytes += bytes
    if (bytes > share.mostBytes) Object.assign(share, { most: holder, mostBytes: bytes })
    shares.set(holder.userId, share)
  }
  mostOf(shares.values())?.most.giveUp()
}
