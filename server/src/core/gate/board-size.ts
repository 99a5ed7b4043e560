import { ELEMENTS_ROOT } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import { BoardElements, timeToLook } from './board-elements.ts'
import { takeHeap } from './heap.ts'
import type { Growth } from './judge.ts'
import { Refusal } from './refusal.ts'

/** How much one board may hold. */
export interface BoardLimits {
  /** Of what is not deleted. */
  readonly bytes: number
  readonly elements: number
  /** What Yjs keeps apart, deleted or not: each takes some 200 bytes of memory, here and in every client. */
  readonly structs: number
}

/** The defaults, where there is the memory: a board that a phone can still open. */
export const DEFAULT_BOARD_LIMITS: BoardLimits = { bytes: 32 * 1024 * 1024, elements: 20_000, structs: 400_000 }

/**
 * A thread that folds or cuts a board takes six times its bytes, and two may be at work: in a process of 512 MB, of which it
 * needs 150 for itself, a board may have 16 MB.
 */
const PART_OF_MEMORY = 1 / 32

/** How many bytes a board may have by default in a process with so much memory. */
export function defaultBoardBytes(memory: number): number {
  return Math.min(DEFAULT_BOARD_LIMITS.bytes, Math.floor(memory * PART_OF_MEMORY))
}

/** A board's records may be so many times what is not deleted of it. */
const HISTORY_FACTOR = 4
/** Past its limits, a board takes deletions, up to so many times as much. */
const FAR_OVER = 1.25
/** Counting takes some milliseconds: once in so long, in milliseconds. */
const COUNT_EVERY_MS = 1_000
/** What was deleted or restored since is counted then, in milliseconds: what came of a mark is known when it is applied. */
const RECOUNT_MARKS_MS = 5_000
/** As much of the elements that a board may have is believed to be deleted between two counts, without looking. */
const BELIEVED_PART = 0.05
/** A process that is short of memory takes no more for boards that are larger than this. */
const SMALL_STRUCTS = 20_000
/** The same in bytes: whatever memory there is, a board of no more is opened, and grows. */
export const SMALL_BYTES = 1024 * 1024

/**
 * Whether a board may grow, by rule G16. It is counted when it is first written to, and again when it seems to be full: what
 * was deleted has made room.
 */
export class BoardSize {
  readonly #document: Y.Doc
  readonly #board: BoardElements
  readonly #limits: BoardLimits
  /** How many bytes the room's records take. */
  readonly #storedBytes: () => number
  readonly #hasMemory: (bytes: number) => boolean
  #bytes = 0
  #elements = 0
  #structs = 0
  #hasShrunk = false
  /** How many elements were believed to be deleted since all were counted. */
  #believed = 0
  #countedAt = -Infinity

  /** `hasMemory` says whether all boards together may take so many bytes more. */
  constructor(parts: {
    document: Y.Doc
    limits: BoardLimits
    storedBytes: () => number
    hasMemory: (bytes: number) => boolean
  }) {
    this.#document = parts.document
    this.#board = new BoardElements(parts.document)
    this.#limits = parts.limits
    this.#storedBytes = parts.storedBytes
    this.#hasMemory = parts.hasMemory
  }

  /** Makes room for an update that is about to be applied; answers why there is none, if so. */
  take(growth: Growth): Refusal | undefined {
    const sinceMs = performance.now() - this.#countedAt
    const isUnsure = this.#believed > 0 || this.#board.mayHaveChanged
    if (sinceMs === Infinity || (isUnsure && sinceMs > RECOUNT_MARKS_MS)) this.#count()
    this.#hasShrunk = false
    if (growth.isMarking || this.#isOver(growth)) return this.#takeNet(growth)
    if (this.#lacksMemory(growth)) return shortOfMemory()
    this.#add(growth)
    return undefined
  }

  /** Whether the update that was taken last leaves less on the board than there was, or may do so. */
  get hasShrunk(): boolean {
    return this.#hasShrunk
  }

  /** Looks at what an update deletes and restores, which takes longer. */
  #takeNet(growth: Growth): Refusal | undefined {
    const net = this.#net(growth)
    // Marks take room themselves: who only marks what is marked already has so much of it, and no more.
    const isDeleting = growth.isMarking && (net.elements < 0 || (net.elements === 0 && !this.#isFarOver()))
    if (!isDeleting) {
      if (this.#isOver(net) || this.#isFarOver()) this.#countAgain()
      const full = this.#isOver(net)
      if (full) return new Refusal('G16', 'board_full', full)
      if (net.bytes > 0 && this.#lacksMemory(net)) return shortOfMemory()
    }
    this.#hasShrunk = net.elements < 0 || net.bytes < 0 || net.mayDelete
    this.#believed += net.believed
    this.#add(net)
    return undefined
  }

  /** Whether the process has no memory for more of this board. What was only added up may be more than there is. */
  #lacksMemory(growth: Growth): boolean {
    if (!takeHeap(growth.structs)) return true
    if (!this.#isLarge(growth) || this.#hasMemory(growth.bytes)) return false
    this.#countAgain()
    return this.#isLarge(growth)
  }

  #isLarge({ bytes, structs }: Growth): boolean {
    return this.#structs + structs > SMALL_STRUCTS || this.#bytes + bytes > SMALL_BYTES
  }

  /** Whether it is beyond what deleting is taken for, too. */
  #isFarOver(): boolean {
    const { structs, bytes } = this.#limits
    return this.#structs > structs * FAR_OVER || this.#storedBytes() > bytes * HISTORY_FACTOR * FAR_OVER
  }

  #countAgain(): void {
    if (performance.now() - this.#countedAt > COUNT_EVERY_MS) this.#count()
  }

  #add({ bytes, elements, structs }: Growth): void {
    this.#bytes += bytes
    this.#elements += elements
    this.#structs += structs
  }

  /** What a growth comes to with what the update deletes and restores, and how many of the marks are believed for it. */
  #net(growth: Growth): Growth & { readonly believed: number; readonly mayDelete: boolean } {
    const hasTime = timeToLook()
    const { deleted, restored, stillborn, unproven } = growth.marks({ board: this.#board, hasTime })
    let { elements, bytes } = growth
    elements -= stillborn
    const remove = (element: Y.Map<unknown>) => {
      if (this.#board.isDeleted(element, hasTime)) return
      elements -= 1
      bytes -= this.#board.bytesOf(element)
    }
    for (const element of deleted) remove(element)
    for (const element of restored) {
      if (!this.#board.isDeleted(element, hasTime)) continue
      elements += 1
      bytes += this.#board.bytesOf(element)
    }
    const marks = unproven.deleted.size + unproven.stillborn
    const isBelieved = this.#believes(marks)
    if (isBelieved) {
      elements -= unproven.stillborn
      for (const element of unproven.deleted) remove(element)
    }
    return { ...growth, elements, bytes, believed: isBelieved ? marks : 0, mayDelete: unproven.deleted.size > 0 }
  }

  /** Whether so many marks may be what they say: of a board that has more than it may already, nobody is believed. */
  #believes(marks: number): boolean {
    const { elements } = this.#limits
    return this.#elements <= elements && this.#believed + marks <= Math.max(1, elements * BELIEVED_PART)
  }

  #isOver({ bytes, elements, structs }: Growth): string | undefined {
    const limits = this.#limits
    // A board may have more than it may get, when the limit was lowered: what is there can be changed all the same.
    if (elements > 0 && this.#elements + elements > limits.elements)
      return `the board has ${limits.elements} elements; delete some`
    if (this.#bytes + bytes > limits.bytes) return `the board has ${limits.bytes} bytes; delete something`
    if (this.#structs + structs > limits.structs) return `the board has had ${limits.structs} changes that last`
    const stored = limits.bytes * HISTORY_FACTOR
    return this.#storedBytes() > stored ? `the board’s records take ${stored} bytes; they shrink with time` : undefined
  }

  #count(): void {
    let [bytes, elements, structs] = [0, 0, 0]
    for (const each of this.#document.store.clients.values()) structs += each.length
    const hasTime = timeToLook()
    this.#board.startOver()
    this.#document.getMap(ELEMENTS_ROOT).forEach((element) => {
      if (!(element instanceof Y.Map) || !this.#board.takesRoom(element, hasTime)) return
      elements += 1
      bytes += this.#board.bytesOf(element)
    })
    this.#bytes = bytes
    this.#elements = elements
    this.#structs = structs
    this.#believed = 0
    this.#countedAt = performance.now()
  }
}

function shortOfMemory(): Refusal {
  return new Refusal('G16', 'store_unavailable', 'the server is short of memory; try again later')
}
