import * as Y from 'yjs'
import type { DocumentView, Shelf } from './document-view.ts'
import { KIND } from './read-content.ts'
import type { ReadStruct } from './read-update.ts'
import { invalid } from './refusal.ts'

/** Keys: our elements have some thirty. Letters, four times as many as are shown; chunks, of which one a second is made. */
const MOST_IN: Readonly<Partial<Record<Shelf, number>>> = { element: 256, meta: 64, words: 400_000, ink: 20_000 }

/** Rule G12: how much each thing holds, of the document and of an update while that is judged. */
export class Fullness {
  readonly #view: DocumentView
  readonly #structs: number
  /** The keys that the update says something of, in maps of the document, not having seen what they say already. */
  #begun: Map<object, Set<string>> | undefined
  #begunElements: HashTable | undefined
  /** The list that something was put into last, and what it holds; mostly it is one and the same. */
  #list: object | undefined
  #size = 0
  /** What the lists before it hold. */
  #sizes: Map<object, number> | undefined

  /** `structs` is how many the update has. */
  constructor(view: DocumentView, structs: number) {
    this.#view = view
    this.#structs = structs
  }

  /** Something goes into a list. What was deleted takes no room in it. Throws `Refusal`. */
  put({ shelf, home, kind, length }: ReadStruct): void {
    const most = MOST_IN[shelf]
    if (most === undefined || home === null || kind === KIND.deleted) return
    if (home !== this.#list) this.#turnTo(home)
    this.#size += length
    if (this.#size > most) tooMuch(shelf, most)
  }

  #turnTo(home: object): void {
    if (this.#list) (this.#sizes ??= new Map()).set(this.#list, this.#size)
    this.#list = home
    this.#size = this.#sizes?.get(home) ?? this.#view.sizeOf(home)
  }

  /** Whether the update has said before what a key is, and notes that it has. Of elements, now and then it is mistaken. */
  hasBegun({ shelf, keyHash }: ReadStruct, home: object, key: string): boolean {
    if (shelf === 'elements') {
      this.#begunElements ??= new HashTable(this.#structs)
      return this.#begunElements.add(keyHash)
    }
    if (home instanceof Y.AbstractType) {
      this.#begun ??= new Map()
      let keys = this.#begun.get(home)
      if (!keys) this.#begun.set(home, (keys = new Set()))
      const { size } = keys
      return keys.add(key).size === size
    }
    const map = home as ReadStruct
    if (map.keys?.includes(key)) return true
    if (map.keys) map.keys.push(key)
    else map.keys = [key]
    return false
  }

  /** A map has got one more key, of those that have begun. Throws `Refusal`. */
  checkKeys(shelf: Shelf, home: object): void {
    const most = MOST_IN[shelf] as number
    const keys = this.#begun?.get(home)?.size ?? (home as ReadStruct).keys?.length ?? 0
    if (this.#view.sizeOf(home) + keys > most) tooMuch(shelf, most)
  }
}

/** A set of numbers of 32 bits, for thousands at once: a `Set` of their names takes longer than all else that is judged. */
class HashTable {
  /** 0 where nothing is: a number has one added. */
  readonly #slots: Uint32Array
  readonly #mask: number

  /** `most` is how many there will be. */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(4, most * 2)))
    this.#slots = new Uint32Array(size)
    this.#mask = size - 1
  }

  /** Adds a number; says whether it was there. */
  add(hash: number): boolean {
    const held = (hash + 1) >>> 0 || 1
    for (let at = held & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = this.#slots[at]
      if (slot === held) return true
      if (slot !== 0) continue
      this.#slots[at] = held
      return false
    }
  }
}

function tooMuch(shelf: Shelf, most: number): never {
  return invalid('G12', `more than ${most} in ${shelf}`)
}
