const DIGITS = 'bcmnuz'

/**
 * Every word that was typed, by whom, and who took it away. A word is unique, and made of letters that are no
 * shortcut of the editor's: typed where no text is open, it does nothing.
 */
export class WordLedger {
  readonly #typed = new Map<string, string>()
  readonly #removed = new Map<string, string[]>()
  #count = 0

  /** A word that nobody has typed yet. */
  coin(): string {
    let number = this.#count++
    let word = ''
    do {
      word = (DIGITS[number % DIGITS.length] ?? '') + word
      number = Math.floor(number / DIGITS.length)
    } while (number > 0)
    return `j${word}y`
  }

  typed(word: string, by: string): void {
    this.#typed.set(word, by)
  }

  removed(words: readonly string[], by: string, how: string): void {
    for (const word of words) this.#removed.set(word, [...(this.#removed.get(word) ?? []), `${by}: ${how}`])
  }

  /** Of these words, those that the person typed. */
  own(words: readonly string[], by: string): string[] {
    return words.filter((word) => this.#typed.get(word) === by)
  }

  /** The words that nobody took away and that these texts lack. */
  missingFrom(texts: readonly string[]): string[] {
    const all = texts.join(' ')
    return [...this.#typed]
      .filter(([word]) => !this.#removed.has(word) && !all.includes(word))
      .map(([word, by]) => `${word} (typed by ${by})`)
  }
}
