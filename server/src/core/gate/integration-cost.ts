import * as Y from 'yjs'
import type { DocumentView } from './document-view.ts'
import { isSameId, type Id, type ReadStruct } from './read-update.ts'
import { Refusal } from './refusal.ts'

/**
 * What Yjs may do for one update, in steps from one struct to the next: some tens of milliseconds. Who was offline for a day
 * while others wrote into the same text takes a few thousand.
 */
const MAX_STEPS = 1_000_000
/** Cutting a struct in two moves the client's others in memory: so many of them take as long as a step. */
const MOVED_PER_STEP = 64

/** What an update has put behind one place: the last of it, while that is sure to stand right there. */
interface Behind {
  isFirst: boolean
  last: Id | undefined
}

type Neighbours = Pick<ReadStruct, 'origin' | 'rightOrigin'>
const NO_NEIGHBOURS: Neighbours = { origin: null, rightOrigin: null }

/**
 * Counts what Yjs will do to put an update's structs into their lists, before it does. Where several have put something
 * behind one place, Yjs walks over all of that, and over what stands behind it in turn, for each of them: in an update that
 * is made for it, this grows with the square of its length, and every later load pays it again. Source: `Item.integrate`.
 */
export class IntegrationCost {
  readonly #view: DocumentView
  readonly #behind = new Map<number, Map<number, Behind>>()
  readonly #atStart = new Map<object, Behind>()
  #placed = 0
  #steps = 0

  constructor(view: DocumentView) {
    this.#view = view
  }

  /**
   * Counts a struct that goes into a list, or behind what a key said, `behind` and `before` what is there: undefined for what
   * is of the same update. Throws `Refusal`.
   */
  place(struct: ReadStruct, behind: Y.Item | Y.GC | undefined, before: Y.Item | Y.GC | undefined): void {
    const { origin, rightOrigin } = struct
    const note = origin ? this.#noteBehind(origin) : this.#noteStart(struct.home as object)
    // Nothing that was there before can stand behind what is new.
    const walked = origin && !behind ? 0 : this.#walk(struct, behind ?? this.#view.startOf(struct.home))
    const isSure = note.isFirst ? walked === 0 : note.last !== undefined && isSameId(note.last, rightOrigin)
    if (!isSure) this.#count(walked + this.#placed)
    note.isFirst = false
    note.last = isSure ? struct : undefined
    this.#placed += 1
    if (behind && origin) this.#countCut(behind, origin.clock + 1)
    if (before && rightOrigin) this.#countCut(before, rightOrigin.clock)
  }

  /**
   * Counts what says what a key is, by somebody who has not seen what it says already: `entry` in the document.
   * `isAgain`: the same update has done so before.
   */
  begin(entry: Y.Item | undefined, isAgain: boolean): void {
    this.#placed += 1
    if (!entry && !isAgain) return
    let first = entry ?? null
    let steps = 0
    for (; first?.left; first = first.left) steps += 1
    this.#count(steps + this.#walk(NO_NEIGHBOURS, first) + this.#placed)
  }

  /** Counts the deletion of a range, all of which is in the document. */
  delete({ client, clock }: Id, length: number): void {
    this.#count(this.#view.structsIn({ client, clock }, length))
    this.#countCut(this.#view.at({ client, clock }), clock)
    this.#countCut(this.#view.at({ client, clock: clock + length - 1 }), clock + length)
  }

  /** How many structs of the document Yjs looks at before it has found the place. */
  #walk({ origin, rightOrigin }: Neighbours, from: Y.Item | Y.GC | null): number {
    let item = from
    if (origin && item instanceof Y.Item) {
      // Within what was written in one go, the next letter is right behind.
      if (origin.clock < item.id.clock + item.length - 1) {
        return rightOrigin?.client === origin.client && rightOrigin.clock === origin.clock + 1 ? 0 : 1
      }
      item = item.right
    }
    if (!(item instanceof Y.Item) || isSameId(item.id, rightOrigin)) return 0
    const passed = new Set<Y.Item>()
    for (; item instanceof Y.Item && !isSameId(item.id, rightOrigin); item = item.right as Y.Item) {
      if (!isSameId(item.origin, origin) && !(item.origin && passed.has(this.#view.at(item.origin) as Y.Item))) {
        return passed.size + 1
      }
      passed.add(item)
      if (passed.size > MAX_STEPS) break
    }
    return passed.size
  }

  #noteBehind({ client, clock }: Id): Behind {
    let ofClient = this.#behind.get(client)
    if (!ofClient) this.#behind.set(client, (ofClient = new Map()))
    let note = ofClient.get(clock)
    if (!note) ofClient.set(clock, (note = { isFirst: true, last: undefined }))
    return note
  }

  #noteStart(home: object): Behind {
    let note = this.#atStart.get(home)
    if (!note) this.#atStart.set(home, (note = { isFirst: true, last: undefined }))
    return note
  }

  #countCut({ id, length }: Y.Item | Y.GC, clock: number): void {
    if (clock <= id.clock || clock >= id.clock + length) return
    this.#count(1 + this.#view.structCount(id.client) / MOVED_PER_STEP)
  }

  #count(steps: number): void {
    this.#steps += steps
    if (this.#steps <= MAX_STEPS) return
    throw new Refusal('G15', 'too_large', 'the update would take too long to be put in its place; send it in parts')
  }
}
