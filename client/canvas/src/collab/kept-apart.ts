import * as Y from 'yjs'
import type { UnsentEdits } from './edits.ts'

/** Whoever goes on with what was refused, letter by letter, is at it again within this time, in milliseconds. */
const STILL_AT_IT_MS = 300
/** The room gets one Yjs client more, for good, with each time; beyond this, what is drawn waits with what was refused. */
const MOST_FRESH_CLIENTS = 64

/**
 * Keeps what is drawn apart from what the server has refused. A server takes a Yjs client's edits in order, so one that is
 * refused would hold back all that the client writes after it. Under a fresh client's number, edits that do not build on what
 * was refused go through.
 */
export class KeptApart {
  readonly #doc: Y.Doc
  readonly #unsent: UnsentEdits
  readonly #now: () => number
  /** Clients that have written what was refused, or what builds on it. */
  readonly #held = new Set<number>()
  /** Others' clients: what they have drawn has come here, the room has lost it, and only they can bring it. */
  readonly #others = new Set<number>()
  #heldAt = -Infinity
  #freshClients = 0

  /** `now` is in milliseconds, from whenever. */
  constructor(doc: Y.Doc, unsent: UnsentEdits, now: () => number = () => performance.now()) {
    this.#doc = doc
    this.#unsent = unsent
    this.#now = now
    doc.on('beforeTransaction', this.#beforeTransaction)
  }

  /** The clients of whom something was refused, or may have been. */
  get held(): ReadonlySet<number> {
    return new Set([...this.#held, ...this.#others])
  }

  /**
   * The server has refused this, for good; `asForeign`: because something in it is another person's. It does not say what of
   * it: all may build on that; if it `isTorn`, all that is unsent waits with it. Answers whether more can be saved of it, when
   * each of its clients is sent apart.
   */
  refused(update: Uint8Array, isTorn: boolean, asForeign = false): boolean {
    const inIt = Y.parseUpdateMeta(update).to
    const clients = [...this.#unsent.clients()].filter((client) => isTorn || inIt.has(client))
    const others = asForeign ? [...inIt.keys()].filter((client) => !this.#unsent.hasOf(client)) : []
    const isNews =
      clients.some((client) => !this.#held.has(client)) || others.some((client) => !this.#others.has(client))
    for (const client of clients) this.#held.add(client)
    for (const client of others) this.#others.add(client)
    return isNews && clients.length + others.length > 1 && !isTorn
  }

  /**
   * The server tells this. Answers whether it is of others who had to bring it first: when two people have drawn on what the
   * other drew, and the server lost both, each brings as much as there is a place for, in turns.
   */
  received(update: Uint8Array): boolean {
    if (this.#others.size === 0) return false
    const brought = [...clientsIn(update)].filter((client) => this.#others.delete(client))
    return brought.length > 0
  }

  /** Something was drawn here. */
  edited(update: Uint8Array): void {
    if (this.#held.size === 0 || !this.#buildsOnHeld(update)) return
    this.#held.add(this.#doc.clientID)
    this.#heldAt = this.#now()
  }

  /** The server has more of what was drawn here. */
  becameDurable(): void {
    for (const client of this.#held) if (!this.#unsent.hasOf(client)) this.#held.delete(client)
    if (this.#held.size > 0) return
    this.#others.clear()
    this.#freshClients = 0
  }

  readonly #beforeTransaction = ({ local }: Y.Transaction, doc: Y.Doc): void => {
    if (!local || !this.#held.has(doc.clientID) || this.#freshClients >= MOST_FRESH_CLIENTS) return
    if (this.#now() - this.#heldAt < STILL_AT_IT_MS) return
    this.#freshClients += 1
    doc.clientID = new Y.Doc().clientID
  }

  #buildsOnHeld(update: Uint8Array): boolean {
    const { structs, ds } = Y.decodeUpdate(update)
    const isHeld = (id: unknown) => id instanceof Y.ID && this.#reaches(id.client, id.clock)
    return (
      structs.some(
        (struct) =>
          this.#held.has(struct.id.client) ||
          (struct instanceof Y.Item && [struct.parent, struct.origin, struct.rightOrigin].some(isHeld)),
      ) ||
      [...ds.clients].some(([client, ranges]) =>
        ranges.some(({ clock, len }) => this.#reaches(client, clock + len - 1)),
      )
    )
  }

  /** Whether so much of a client is more than the server has of it. */
  #reaches(client: number, clock: number): boolean {
    return this.#held.has(client) && clock >= (this.#unsent.durable.get(client) ?? 0)
  }
}

/** None of one that cannot be read, which is said elsewhere. */
function clientsIn(update: Uint8Array): Iterable<number> {
  try {
    return Y.parseUpdateMeta(update).to.keys()
  } catch {
    return []
  }
}
