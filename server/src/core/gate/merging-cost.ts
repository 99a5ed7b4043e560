import * as Y from 'yjs'
import type { DocumentView } from './document-view.ts'
import type { Known } from './integration-cost.ts'
import { KIND } from './read-content.ts'
import { isSameId, type Id, type ReadStruct } from './read-update.ts'

/** To delete something that is in what is deleted, and to put something in its place, takes as long as so many steps. */
const STEPS_PER_COLLECTED = 8

/** What moves no more structs in all is counted so, without looking at what is alike. */
const MOST_UNSEEN = 20_000

/** When Yjs looks at a struct: what is deleted now comes first, what was deleted before by turns, the last of it first. */
const AT_FIRST = -Infinity
const NEVER = Infinity

/** A struct of the document as it is after the update. */
interface Fate {
  readonly struct: Known
  readonly isDeleted: boolean
  /** It was in something that is deleted: nothing but its length is left. */
  readonly isCollected: boolean
  readonly turn: number
}

/** What is asked of the rest of the count. */
interface Asked {
  readonly view: DocumentView
  /** How many of the update go right behind an id. */
  readonly behind: (id: Id) => number
  /** Takes steps; may throw. */
  readonly count: (steps: number) => void
  /** Counts that one client’s structs of this number are moved in memory; may throw. */
  readonly countMoved: (structs: number) => void
}

/**
 * Counts what Yjs will do, after an update, to make one struct of those side by side that are alike: of what was deleted, and
 * of what came together. Each time, it moves all structs of the same client that come after. Source: `tryToMergeWithLefts`.
 */
export class MergingCost {
  readonly #asked: Asked
  /** Most updates have use for one of these at most: they are made when they are. */
  #fates: Map<number, Fate[]> | undefined
  /** Types of the document that are deleted with all that is in them, and those of which that is not sure. */
  #collected: Set<object> | undefined
  #doubtful: Set<object> | undefined
  /** The keys of which several have said something who did not see each other’s: which of it is deleted is not looked at. */
  #contested: Set<string> | undefined
  #turn = 0
  /** Whether the update deletes something that others can be in. */
  #isCollecting = false

  constructor(asked: Asked) {
    this.#asked = asked
  }

  /** A struct of the document is deleted. */
  delete(struct: Known, isCollected = false): void {
    if (struct.deleted || !(struct instanceof Y.Item)) return
    this.#note({ struct, isDeleted: true, isCollected, turn: AT_FIRST })
    if (struct.content instanceof Y.ContentType) this.#collect(struct.content.type)
  }

  /** A struct of the update is deleted, or what a key said is said anew. */
  deleteNew(struct: ReadStruct): void {
    struct.isDeleted = true
    if (struct.kind === KIND.type) this.#isCollecting = true
  }

  /** Of what a key says, something is deleted: that of the document, if there is, or that of the update. */
  contest(entry: Known | undefined, key: string): void {
    ;(this.#contested ??= new Set()).add(key)
    if (!entry || entry.deleted || !(entry instanceof Y.Item)) return
    this.#note({ struct: entry, isDeleted: true, isCollected: false, turn: AT_FIRST })
    if (entry.content instanceof Y.ContentType) this.#doubt(entry.content.type)
  }

  /** Counts it for what is deleted of the document. `added` is how many of a client’s structs are new. */
  countKnown(added: (client: number) => number): void {
    for (const [client, fates] of this.#fates ?? []) this.#countOf(client, fates, added(client))
  }

  /** Counts it for the new structs of a client, in the order of the clock. */
  countNew(structs: readonly ReadStruct[]): void {
    let isOne = false
    for (let at = structs.length - 1; at >= 0; at--) {
      const right = structs[at] as ReadStruct
      const moved = structs.length - at
      if (this.#contested && this.#isDoubtful(right.home)) this.#asked.countMoved(2 * moved)
      const left = structs[at - 1]
      const is = left && this.#isAlike(left, right)
      if (is && !isOne) this.#asked.countMoved(moved)
      isOne = is === 'alike'
    }
  }

  #note(fate: Fate): void {
    const { client } = fate.struct.id
    this.#fates ??= new Map()
    const fates = this.#fates.get(client)
    if (fates) fates.push(fate)
    else this.#fates.set(client, [fate])
  }

  #collect(type: object): void {
    this.#isCollecting = true
    this.#collected ??= new Set()
    if (this.#collected.has(type)) return
    this.#collected.add(type)
    for (const [item, isNewest] of this.#asked.view.itemsIn(type)) {
      this.#asked.count(STEPS_PER_COLLECTED)
      if (!item.deleted) this.delete(item, true)
      else {
        this.#turn -= 1
        this.#note({ struct: item, isDeleted: true, isCollected: true, turn: isNewest ? this.#turn : NEVER })
      }
    }
  }

  /** What may be deleted with all that is in it: as if each thing in it had to be put together with another, both ways. */
  #doubt(type: object): void {
    this.#doubtful ??= new Set()
    if (this.#doubtful.has(type)) return
    this.#doubtful.add(type)
    const { view, count, countMoved } = this.#asked
    for (const [item] of view.itemsIn(type)) {
      count(STEPS_PER_COLLECTED)
      countMoved(2 * view.structsFrom(item.id))
      if (!item.deleted && item.content instanceof Y.ContentType) this.#doubt(item.content.type)
    }
  }

  /** From the last to the first, as Yjs does: each run of structs that are alike is moved over once, or as its parts have turns. */
  #countOf(client: number, fates: Fate[], added: number): void {
    const { view, countMoved } = this.#asked
    const structs = view.structsOf(client)
    const clock = fates.reduce((least, { struct }) => Math.min(least, struct.id.clock), Infinity)
    const most = 2 * fates.length * (view.structsFrom({ client, clock }) + added)
    if (most < MOST_UNSEEN) return countMoved(most)
    fates.sort((a, b) => b.struct.id.clock - a.struct.id.clock)
    let [least, merged] = [NEVER, 0]
    const look = (left: Fate, right: Fate, at: number) => {
      if (!this.#isAlikeAfter(left, right)) return void (least = NEVER)
      const turn = Math.min(left.turn, right.turn)
      if (turn < least) countMoved(structs.length - at + added - merged)
      least = Math.min(least, turn)
      if (turn === AT_FIRST) merged += 1
    }
    let [at, right] = [structs.length, undefined as Fate | undefined]
    for (let n = 0; n < fates.length;) {
      let fate = fates[n++] as Fate
      for (; fates[n]?.struct === fate.struct; n++) fate = both(fate, fates[n] as Fate)
      if (structs[at - 1] === fate.struct) at -= 1
      else {
        if (right && at > 0) look(untouched(structs[at - 1] as Known), right, at)
        at = view.indexOf(fate.struct.id)
        least = NEVER
        right = structs[at + 1] && untouched(structs[at + 1] as Known)
      }
      if (right) look(fate, right, at + 1)
      right = fate
    }
    if (right && at > 0) look(untouched(structs[at - 1] as Known), right, at)
  }

  #isAlikeAfter(a: Fate, b: Fate): boolean {
    if (a.isCollected || b.isCollected) return a.isCollected && b.isCollected
    const [left, right] = [a.struct as Y.Item, b.struct as Y.Item]
    return (
      a.isDeleted &&
      b.isDeleted &&
      left.right === right &&
      isSameId(right.origin, left.lastId) &&
      isSameId(left.rightOrigin, right.rightOrigin) &&
      this.#asked.behind(left.lastId) === 0
    )
  }

  /** Whether two new structs become one; `perhaps` when others may stand between them, or one of them may stay. */
  #isAlike(left: ReadStruct, right: ReadStruct): 'alike' | 'perhaps' | undefined {
    if (this.#isCollected(right)) return this.#isCollected(left) ? 'alike' : undefined
    const { origin, slot, client, clock } = right
    if (origin?.client !== client || origin.clock !== clock - 1 || this.#isCollected(left)) return undefined
    if (!isSameId(left.rightOrigin, right.rightOrigin)) return undefined
    if (left.isDeleted !== right.isDeleted) return slot !== null && this.#contested?.has(slot) ? 'perhaps' : undefined
    if (!left.isDeleted && (left.kind !== KIND.string || right.kind !== KIND.string)) return undefined
    return this.#asked.behind(origin) > 1 ? 'perhaps' : 'alike'
  }

  #isCollected({ kind, shelf, home }: ReadStruct): boolean {
    return kind === KIND.gc || shelf === 'nowhere' || (this.#isCollecting && this.#isHomeCollected(home))
  }

  #isHomeCollected(home: object | null): boolean {
    if (home === null || home instanceof Y.AbstractType) return home !== null && this.#collected?.has(home) === true
    return (home as ReadStruct).isDeleted || this.#isHomeCollected((home as ReadStruct).home)
  }

  #isDoubtful(home: object | null): boolean {
    if (home === null || home instanceof Y.AbstractType) return home !== null && this.#doubtful?.has(home) === true
    const { slot, home: outer } = home as ReadStruct
    return (slot !== null && this.#contested?.has(slot) === true) || this.#isDoubtful(outer)
  }
}

function untouched(struct: Known): Fate {
  return { struct, isDeleted: struct.deleted, isCollected: !(struct instanceof Y.Item), turn: NEVER }
}

function both(a: Fate, b: Fate): Fate {
  return { ...a, isCollected: a.isCollected || b.isCollected, turn: Math.min(a.turn, b.turn) }
}
