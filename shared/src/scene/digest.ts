const PRIME_A = 0x01000193
const PRIME_B = 0x85ebca6b

/**
 * A short name for a content: equal contents have equal names, others almost never (64 bits). Not for secrets.
 * Source: FNV-1a, in two lanes of 32 bits with different primes, over UTF-16 units and 32-bit numbers.
 */
export class Digest {
  #a = 0x811c9dc5 | 0
  #b = 0x9e3779b9 | 0

  /** Takes in a text. */
  text(text: string): this {
    for (let i = 0; i < text.length; i++) this.#take(text.charCodeAt(i))
    return this
  }

  /** Takes in whole numbers of at most 32 bits. */
  numbers(numbers: Iterable<number>): this {
    for (const number of numbers) this.#take(number)
    return this
  }

  /** The name, 14 letters and digits. */
  name(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(36).padStart(7, '0')).join('')
  }

  /** A short name that is a number of 32 bits, as Yjs names its clients. */
  number(): number {
    return (this.#a ^ this.#b) >>> 0
  }

  #take(unit: number): void {
    this.#a = Math.imul(this.#a ^ unit, PRIME_A)
    this.#b = Math.imul(this.#b ^ unit ^ (this.#a >>> 15), PRIME_B)
  }
}
