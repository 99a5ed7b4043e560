import { ELEMENTS_ROOT, stampOf } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'

/** What is spent on reading elements for their names in one go, in milliseconds: each takes some ten thousandths of a second. */
const LOOKING_MS = 20

/** For how long there is time to read elements: see `LOOKING_MS`. */
export function timeToLook(): () => boolean {
  const start = performance.now()
  return () => performance.now() - start < LOOKING_MS
}

/**
 * Which elements of a board are deleted, as whoever is shown it has it: a mark that is the name of something else than the
 * element is now hides nothing (see `contentDigest`). What was found out is kept until the element changes.
 */
export class DeletedElements {
  readonly #named = new WeakMap<Y.Map<unknown>, boolean>()
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
  has(element: Y.Map<unknown>, hasTime: () => boolean = () => true): boolean {
    const mark = element.get('isDeleted')
    if (typeof mark !== 'string') return mark === true
    const known = this.#named.get(element)
    if (known !== undefined) return known
    if (!hasTime()) return (this.#mayHaveChanged = true)
    const isDeleted = stampOf(element) === mark
    this.#named.set(element, isDeleted)
    return isDeleted
  }

  #note(type: Y.AbstractType<unknown>, keys: ReadonlySet<string | null>, elements: Y.Map<unknown>): void {
    const element = type.parent === elements ? type : type.parent
    if (!(element instanceof Y.Map) || element.parent !== elements) return
    const isMark = element === type && keys.has('isDeleted')
    if (this.#named.delete(element) || isMark) this.#mayHaveChanged = true
  }
}
