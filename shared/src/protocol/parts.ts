import * as Y from 'yjs'
import { encodeStruct, Piece } from './piece.ts'
import { cutUpdate } from './pieces.ts'
import { type Reach, type Struct, WaitingStructs } from './waiting-structs.ts'

/** What a receiver has, and how large a piece for it may be. */
interface Receiver {
  /** What need not be sent. It may have more: `present`. */
  readonly stateVector: Uint8Array
  readonly present: Uint8Array
  readonly maxBytes: number
}

/** What a receiver lacks, in parts that are in pieces. */
interface CutByClient {
  /** A part may have no piece. */
  readonly parts: readonly Uint8Array[][]
  /** Some deletions may come in a later part than what else was done in the same edit. */
  readonly isTorn: boolean
}

/**
 * Cuts what a receiver lacks of a document into parts, and those into pieces as `cutUpdate` does: first all that needs nothing
 * of certain clients; then, for each of those, what it has made and needs nothing of the others of them; last the rest, which
 * needs all parts before it. What is refused of one client takes nothing of another with it.
 *
 * Nothing says who has deleted something. It goes with what says now what the key is; in a list, with what those clients have
 * put there, which may stand there instead: a text must not be gone for everybody while what it was replaced by is refused.
 */
export function cutByClient(
  doc: Y.Doc,
  clients: Iterable<number>,
  { stateVector, present, maxBytes }: Receiver,
): CutByClient {
  const parts = new Parts(doc, new Set(clients), stateVector)
  const cut = ({ piece, needs }: Part) => cutUpdate(piece.encode(), Y.encodeStateVector(needs), maxBytes, present)
  return { parts: parts.all().map(cut), isTorn: parts.isTorn }
}

/** What is sent together. */
class Part {
  readonly piece = new Piece()
  /** How far what it builds on reaches. */
  readonly needs: Reach
  /** The same, and the part itself. */
  readonly reach: Reach

  /** Takes all of these structs that need nothing else. */
  constructor(structs: readonly Struct[], needs: Reach) {
    this.needs = needs
    this.reach = new Map(needs)
    for (const struct of new WaitingStructs(structs, this.reach).inCausalOrder()) {
      const { client, clock } = struct.id
      const known = this.reach.get(client) ?? 0
      this.piece.insert(client, known, encodeStruct(struct, known - clock))
      this.reach.set(client, clock + struct.length)
    }
  }

  has(client: number, clock: number): boolean {
    return clock < (this.reach.get(client) ?? 0)
  }
}

class Parts {
  readonly #doc: Y.Doc
  readonly #first: Part
  readonly #byClient: ReadonlyMap<number, Part>
  readonly #rest: Part
  /** In which part something was put into a place: a list, or what a key of a map is. */
  readonly #places = new Map<unknown, Map<string | null, Part>>()
  isTorn = false

  constructor(doc: Y.Doc, apart: ReadonlySet<number>, stateVector: Uint8Array) {
    this.#doc = doc
    const { structs, ds } = Y.decodeUpdate(Y.encodeStateAsUpdate(doc, stateVector))
    const known: Reach = Y.decodeStateVector(stateVector)
    const madeBy = (isWanted: (client: number) => boolean) => structs.filter(({ id }) => isWanted(id.client))
    this.#first = new Part(
      madeBy((client) => !apart.has(client)),
      known,
    )
    const { reach } = this.#first
    this.#byClient = new Map(
      [...apart].map((one) => [
        one,
        new Part(
          madeBy((client) => client === one),
          reach,
        ),
      ]),
    )
    const reached = [...this.#byClient].map(([client, part]) => [client, part.reach.get(client) ?? 0] as const)
    this.#rest = new Part(structs, new Map([...reach, ...reached]))
    for (const client of apart) this.#notePlaces(client, known.get(client) ?? 0)
    for (const [client, ranges] of ds.clients) {
      const knownTo = known.get(client) ?? 0
      for (const { clock, len } of ranges) {
        const end = clock + len
        // The receiver may have the first half of an item.
        this.#delete(client, clock, Math.min(end, knownTo))
        this.#delete(client, Math.max(clock, knownTo), end)
      }
    }
  }

  /** In the order in which they are sent. */
  all(): readonly Part[] {
    return [this.#first, ...this.#byClient.values(), this.#rest]
  }

  #notePlaces(client: number, from: number): void {
    for (const { item, clock } of itemsIn(this.#doc, client, from, Infinity)) {
      if (!(item instanceof Y.Item)) continue
      const { parent, parentSub } = item
      const keys = this.#places.get(parent) ?? new Map<string | null, Part>()
      this.#places.set(parent, keys)
      keys.set(parentSub, this.#after(this.#partOf(client, clock), keys.get(parentSub)))
    }
  }

  #delete(client: number, from: number, to: number): void {
    for (const { item, clock, end } of itemsIn(this.#doc, client, from, to)) {
      const own = this.#partOf(client, clock)
      const part = this.#after(own, item instanceof Y.Item ? this.#partOfDeletion(item) : own)
      part.piece.delete(client, [clock, end])
    }
  }

  #partOfDeletion({ parent, parentSub, right }: Y.Item): Part | undefined {
    // In a drawing, keys are overwritten: Yjs deletes what they said for what has come behind it.
    if (parentSub !== null && right) return this.#partOf(right.id.client, right.id.clock)
    const place = this.#places.get(parent)?.get(parentSub)
    if (place) this.isTorn = true
    return place
  }

  /** The part after which there is what has this id. */
  #partOf(client: number, clock: number): Part {
    const parts = [this.#first, this.#byClient.get(client), this.#rest]
    return parts.find((part) => part?.has(client, clock)) as Part
  }

  /** The part after which there is what is there after each of two. */
  #after(one: Part, other: Part = one): Part {
    if (one === other || other === this.#first) return one
    return one === this.#first ? other : this.#rest
  }
}

/** What a document has of a client between two clocks, each item with the part of it that lies there. */
function* itemsIn(doc: Y.Doc, client: number, from: number, to: number) {
  const items = doc.store.clients.get(client) ?? []
  const isEmpty = from >= Math.min(to, Y.getState(doc.store, client))
  const start = isEmpty ? items.length : Y.findIndexSS(items, from)
  for (let index = start; index < items.length; index++) {
    const item = items[index] as Y.Item | Y.GC
    if (item.id.clock >= to) return
    const [clock, end] = [Math.max(from, item.id.clock), Math.min(to, item.id.clock + item.length)]
    yield { item, clock, end }
  }
}
