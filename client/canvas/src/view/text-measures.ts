import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { type Fit, fitFor, UNTRUSTED } from '@sketchroom/shared/scene/text-keys'

/** So many letters are remembered: of 50,000 short texts, or of 50 long ones with their lines broken. */
const MOST_LETTERS = 5_000_000
/** What a measure takes besides its wrapped words, in letters. */
const LETTERS_OF_ONE = 100

/**
 * Remembers how large texts are: one that nobody has stored a fit for is looked at at every change of it, and of its
 * shape, and only some of these change its size. What has not been asked for longest is forgotten first.
 */
export class TextMeasures {
  readonly #measure: (text: ElementValues, container: ElementValues | undefined) => Fit
  readonly #found = new Map<string, Fit>()
  #letters = 0

  constructor(measure: (text: ElementValues, container: ElementValues | undefined) => Fit) {
    this.#measure = measure
  }

  /** A text's size in a container, or by itself. */
  measure(text: ElementValues, container: ElementValues | undefined): Fit {
    const name = fitFor(text, container)
    const fit = this.#found.get(name) ?? this.#measure(text, container)
    this.#forget(name)
    this.#found.set(name, fit)
    this.#letters += lettersOf(fit)
    for (const oldest of this.#found.keys()) {
      if (this.#letters <= MOST_LETTERS) break
      this.#forget(oldest)
    }
    return fit
  }

  /** Says that fonts have come: what was measured without them is forgotten. */
  fontsCame(): void {
    for (const [name, fit] of this.#found) if (fit[3] === UNTRUSTED) this.#forget(name)
  }

  #forget(name: string): void {
    const fit = this.#found.get(name)
    if (fit && this.#found.delete(name)) this.#letters -= lettersOf(fit)
  }
}

function lettersOf([, , wrapped]: Fit): number {
  return LETTERS_OF_ONE + (wrapped?.length ?? 0)
}
