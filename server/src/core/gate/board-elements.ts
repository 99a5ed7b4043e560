import { ELEMENTS_ROOT, stampOf } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'

/** What is spent on reading elements for their names in one go, in milliseconds: each takes some ten thousandths of a second. */
const LOOKING_MS = 20

/**
 * Larger elements are not read for their names, in bytes: it takes some milliseconds for so many, and they can be changed
 * again and again. The longest text that fits has 400,000, a line of ten thousand points 180,000.
 */
const MOST_TO_READ = 512 * 1024

/** For how long there is time to read elements: see `LOOKING_MS`. */
export function timeToLook(): () => boolean {
  const start = performance.now()
  return () => performance.now() - start < LOOKING_MS
}

/**
 * What is known of a board's elements: how large they are, and which are deleted, as whoever is shown the board has it: a mark
 * that is the name of something else than the element is now hides nothing (see `contentDigest`). What was found out is kept
 * until the element changes.
 */
export class BoardElements {
  /** What a mark has to say to hide it. */
  readonly #stamps = new WeakMap<Y.Map<unknown>, string | undefined>()
  readonly #bytes = new WeakMap<Y.Map<unknown>, number>()
  /** Of values that have parts: who changes one key of an element cannot have all others gone through again. */
  readonly #bytesOfValues = new WeakMap<object, number>()
  #mayHaveChanged = false

  constructor(document: Y.Doc) {
    const elements = document.getMap(ELEMENTS_ROOT)
    document.on('afterTransaction', ({ changed }: Y.Transaction) => {
      for (const [type, keys] of changed) this.#note(type as unknown as Y.AbstractType<unknown>, keys, elements)
    })
  }

  /** Whether elements may be deleted, or there again, of which nobody was told since `startOver`. */
  get mayHaveChanged(): boolean {
    return this.#mayHaveChanged
  }

  /** All elements are about to be asked for. */
  startOver(): void {
    this.#mayHaveChanged = false
  }

  /** Whether an element is deleted; its mark is believed when `hasTime` says that there is no time to read it. */
  isDeleted(element: Y.Map<unknown>, hasTime: () => boolean): boolean {
    const mark = element.get('isDeleted')
    if (typeof mark !== 'string') return mark === true
    const isHidden = this.isHiddenBy(mark, element, hasTime)
    if (isHidden === undefined) this.#mayHaveChanged = true
    return isHidden ?? true
  }

  /** Whether an element takes room: what is too large to be read does, whatever name its mark says. */
  takesRoom(element: Y.Map<unknown>, hasTime: () => boolean): boolean {
    return !this.isDeleted(element, hasTime) || (typeof element.get('isDeleted') === 'string' && this.#isLarge(element))
  }

  /**
   * Whether a mark hides an element as it is now; undefined when it is too large to be read, or `hasTime` says that there is no
   * time for it.
   */
  isHiddenBy(mark: string, element: Y.Map<unknown>, hasTime: () => boolean): boolean | undefined {
    if (!this.#stamps.has(element)) {
      if (this.#isLarge(element) || !hasTime()) return undefined
      this.#stamps.set(element, stampOf(element))
    }
    return this.#stamps.get(element) === mark
  }

  /** About how many bytes an element takes. */
  bytesOf(element: Y.Map<unknown>): number {
    let bytes = this.#bytes.get(element)
    if (bytes === undefined) {
      bytes = 16
      element.forEach((each, key) => ((bytes as number) += key.length + this.#bytesOfValue(each)))
      this.#bytes.set(element, bytes)
    }
    return bytes
  }

  #isLarge(element: Y.Map<unknown>): boolean {
    return this.bytesOf(element) > MOST_TO_READ
  }

  #bytesOfValue(value: unknown): number {
    // What is in a shared type changes.
    if (typeof value !== 'object' || value === null || value instanceof Y.AbstractType) return bytesOf(value)
    let bytes = this.#bytesOfValues.get(value)
    if (bytes === undefined) this.#bytesOfValues.set(value, (bytes = bytesOf(value)))
    return bytes
  }

  #note(type: Y.AbstractType<unknown>, keys: ReadonlySet<string | null>, elements: Y.Map<unknown>): void {
    const element = type.parent === elements ? type : type.parent
    if (!(element instanceof Y.Map) || element.parent !== elements) return
    const isMarked = element === type && keys.has('isDeleted')
    if (isMarked) this.#mayHaveChanged = true
    // Of a mark alone, nothing else depends: who only marks cannot have large elements read again and again.
    if (isMarked && keys.size === 1) return
    this.#bytes.delete(element)
    if (this.#stamps.delete(element)) this.#mayHaveChanged = true
  }
}

/** About how many bytes a value takes. */
function bytesOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length
  if (typeof value === 'string') return value.length
  if (value instanceof Y.Text) return value.length
  if (value instanceof Y.Array) return value.toArray().reduce((sum: number, each) => sum + bytesOf(each), 0)
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + bytesOf(each), 2)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).reduce((sum, [key, each]) => sum + key.length + bytesOf(each), 2)
  }
  return 8
}
