import * as Y from 'yjs'
import type { DocumentView } from './document-view.ts'
import { MergingCost } from './merging-cost.ts'
import { indexAt, isSameId, type ClientStructs, type Id, type ReadStruct } from './read-update.ts'
import { Refusal } from './refusal.ts'

/**
 * What Yjs may do for one update, in steps from one struct to the next: about a tenth of a second. Two who each write five
 * hundred words at the beginning of one text, one of them without the network, take two thirds of it; at its end, next to none.
 */
const MAX_STEPS = 3_000_000
/** Where Yjs keeps sets of what it has passed, and the gate after it, each step takes as long as four others. */
const STEPS_PER_PASSED = 4
/** Cutting a struct in two, or making one of two, moves those behind it in memory: so many of them take as long as a step. */
const MOVED_PER_STEP = 32

/** Of so few that are deleted, putting each together with its neighbours takes Yjs a millisecond or two: it is not looked at. */
const FEW_DELETED = 4

/** What an update has put behind one place: the last of it, while that is sure to stand right there. */
interface Behind {
  count: number
  last: Id | undefined
}

/** A struct of the document. */
export type Known = Y.Item | Y.GC

/**
 * Counts what Yjs will do to put an update's structs into their lists, before it does. Where several have put something
 * behind one place, Yjs walks over all of that, and over what stands behind it in turn, for each of them: in an update that
 * is made for it, this grows with the square of its length, and every later load pays it again. Source: `Item.integrate`.
 */
export class IntegrationCost {
  readonly #view: DocumentView
  /** Most updates have use for none of these, or for one: they are made when they are. */
  #behind: Map<number, Map<number, Behind>> | undefined
  #atStart: Map<object, Behind> | undefined
  #unsure: Set<object> | undefined
  /** How often structs are cut in two: each cut leaves one struct more to move at the next. */
  #cuts = 0
  #placed = 0
  #steps = 0
  /** What the update has of each client, and how many structs that is, once it is asked. */
  readonly #clients: readonly ClientStructs[]
  #added: Map<number, number> | undefined
  #merged: MergingCost | undefined
  /** What is deleted of the document, while it is few, and nothing that others can be in. */
  #deleted: Known[] | undefined

  /** `clients` are the update's. */
  constructor(view: DocumentView, clients: readonly ClientStructs[]) {
    this.#view = view
    this.#clients = clients
  }

  /** The lists of which the order has to be gone through: what goes there does not just stand between two neighbours. */
  get unsure(): ReadonlySet<object> | undefined {
    return this.#unsure
  }

  /**
   * Counts a struct that goes into a list, or behind what a key said, `behind` and `before` being what is there: undefined
   * when it says of none. Throws `Refusal`.
   */
  place(struct: ReadStruct, behind: Known | ReadStruct | undefined, before: Known | ReadStruct | undefined): void {
    const { origin, rightOrigin } = struct
    const home = struct.home as object
    const note = origin ? this.#noteBehind(origin) : this.#noteStart(home)
    const isSure =
      note.count === 0 ? this.#isBetween(struct, behind) : note.last !== undefined && isSameId(note.last, rightOrigin)
    if (!isSure) {
      if (struct.slot === null) (this.#unsure ??= new Set()).add(home)
      else this.countPassed(this.#walk(origin, isKnown(behind) ? behind : null) + this.#placed)
    }
    note.count += 1
    note.last = isSure ? struct : undefined
    this.#placed += 1
    if (struct.slot !== null && behind) this.#supersede(struct, behind, note)
    this.cut(struct, behind, before)
  }

  /** Counts that Yjs cuts what a struct says it stands between, also where it finds no place there. Throws `Refusal`. */
  cut(
    { origin, rightOrigin }: ReadStruct,
    behind: Known | ReadStruct | undefined,
    before: Known | ReadStruct | undefined,
  ): void {
    if (behind && origin) this.#countCut(behind, origin.clock + 1)
    if (before && rightOrigin) this.#countCut(before, rightOrigin.clock)
  }

  /** What a key said is deleted when something goes behind it. */
  #supersede({ slot, home }: ReadStruct, behind: Known | ReadStruct, note: Behind): void {
    const entry = isKnown(behind) ? this.#view.entryOf(home, slot as string) : undefined
    if (note.count > 1 || (isKnown(behind) && entry !== behind)) this.#merging.contest(entry, slot as string)
    else if (isKnown(behind)) this.#delete(behind)
    else this.#merging.deleteNew(behind)
  }

  /**
   * Counts what says what a key is, by somebody who has not seen what it says already: `entry` in the document.
   * `isAgain`: the same update has done so before.
   */
  begin(key: string, entry: Y.Item | undefined, isAgain: boolean): void {
    this.#placed += 1
    if (!entry && !isAgain) return
    this.#merging.contest(entry, key)
    let first = entry ?? null
    let steps = 0
    for (; first?.left; first = first.left) steps += 1
    this.#count(steps)
    this.countPassed(this.#walk(null, first) + this.#placed)
  }

  /** Counts the deletion of a range, all of which is in the document. */
  delete(range: Id, length: number): void {
    const structs = this.#view.structsOf(range.client)
    const end = range.clock + length
    for (let index = this.#view.indexOf(range); index < structs.length; index++) {
      const struct = structs[index] as Known
      if (struct.id.clock >= end) return
      this.#count(1)
      this.#countCut(struct, range.clock)
      this.#countCut(struct, end)
      this.#delete(struct)
    }
  }

  #delete(struct: Known): void {
    const isPlain = !(struct instanceof Y.Item && struct.content instanceof Y.ContentType)
    if (this.#merged || !isPlain || this.#deleted?.length === FEW_DELETED) this.#merging.delete(struct)
    else (this.#deleted ??= []).push(struct)
  }

  /** Counts the deletion of what the update itself has in a range. */
  deleteNew({ clock: from }: Id, end: number, structs: Iterable<ReadStruct>): void {
    for (const struct of structs) {
      this.#count(1)
      this.#countCut(struct, from)
      this.#countCut(struct, end)
      this.#merging.deleteNew(struct)
    }
  }

  /** Counts what Yjs does when all is in its place: see `MergingCost`. `known` is how far each client is. Throws `Refusal`. */
  merge(known: (client: number) => number): void {
    this.#merged?.countKnown((client) => this.#addedBy(client))
    for (const { client, structs } of this.#clients) {
      if (structs.length < 2) continue
      const first = indexAt(structs, known(client) - 1) + 1
      this.#merging.countNew(first === 0 ? structs : structs.slice(first))
    }
  }

  /** Whether the two that a struct says it stands between are side by side, where it is the first to go there. */
  #isBetween({ origin, rightOrigin, home }: ReadStruct, behind: Known | ReadStruct | undefined): boolean {
    if (!origin || !behind) return isSameId(this.#view.startOf(home)?.id ?? null, rightOrigin)
    const { clock } = isKnown(behind) ? behind.id : behind
    // Within what was written in one go, the next letter is right behind.
    if (origin.clock < clock + behind.length - 1) {
      return rightOrigin?.client === origin.client && rightOrigin.clock === origin.clock + 1
    }
    if (!isKnown(behind)) return isSameId(behind.rightOrigin, rightOrigin)
    return behind instanceof Y.Item && isSameId(behind.right?.id ?? null, rightOrigin)
  }

  /** How many structs of the document Yjs looks at before it has found the place behind what a key said. */
  #walk(origin: Id | null, from: Known | null): number {
    let item = origin && from instanceof Y.Item ? from.right : from
    const passed = new Set<Y.Item>()
    for (; item instanceof Y.Item; item = item.right) {
      if (!isSameId(item.origin, origin) && !(item.origin && passed.has(this.#view.at(item.origin) as Y.Item))) {
        return passed.size + 1
      }
      passed.add(item)
      if (passed.size > MAX_STEPS) break
    }
    return passed.size
  }

  get #merging(): MergingCost {
    if (this.#merged) return this.#merged
    this.#merged = new MergingCost({
      view: this.#view,
      behind: ({ client, clock }) => this.#behind?.get(client)?.get(clock)?.count ?? 0,
      count: (steps) => this.#count(steps),
      countMoved: (structs) => this.#count(1 + structs / MOVED_PER_STEP),
    })
    for (const struct of this.#deleted ?? []) this.#merged.delete(struct)
    return this.#merged
  }

  #addedBy(client: number): number {
    this.#added ??= new Map(this.#clients.map((each) => [each.client, each.structs.length]))
    return this.#added.get(client) ?? 0
  }

  #noteBehind({ client, clock }: Id): Behind {
    this.#behind ??= new Map()
    let ofClient = this.#behind.get(client)
    if (!ofClient) this.#behind.set(client, (ofClient = new Map()))
    let note = ofClient.get(clock)
    if (!note) ofClient.set(clock, (note = { count: 0, last: undefined }))
    return note
  }

  #noteStart(home: object): Behind {
    this.#atStart ??= new Map()
    let note = this.#atStart.get(home)
    if (!note) this.#atStart.set(home, (note = { count: 0, last: undefined }))
    return note
  }

  #countCut(it: Known | ReadStruct, clock: number): void {
    const id = isKnown(it) ? it.id : it
    if (clock <= id.clock || clock >= id.clock + it.length) return
    const moved = this.#addedBy(id.client) + this.#cuts + (isKnown(it) ? this.#view.structsFrom(id) : 0)
    this.#cuts += 1
    this.#count(1 + moved / MOVED_PER_STEP)
  }

  /** Counts what is passed on the way to a place; throws `Refusal` when it is too much. */
  countPassed(steps: number): void {
    this.#count(steps * STEPS_PER_PASSED)
  }

  #count(steps: number): void {
    this.#steps += steps
    if (this.#steps <= MAX_STEPS) return
    throw new Refusal('G15', 'too_large', 'the update would take too long to be put in its place; send it in parts')
  }
}

/** Whether a struct is the document's, and not an update's. */
export function isKnown(it: Known | ReadStruct | undefined): it is Known {
  return it instanceof Y.AbstractStruct
}
