import { createRandom } from '../faults/seeded-random.ts'

/** Chance as a seed repeats it. */
export class Chance {
  /** In [0, 1). */
  readonly next: () => number

  constructor(seed: number) {
    this.next = createRandom(seed)
  }

  /** Another chance, of which taking more or less changes nothing here. */
  fork(): Chance {
    return new Chance(Math.floor(this.next() * 2 ** 32))
  }

  /** Whether something happens that does so in this part of all cases. */
  is(part: number): boolean {
    return this.next() < part
  }

  /** A number from the one to the other. */
  between(least: number, most: number): number {
    return least + this.next() * (most - least)
  }

  /** A whole number below this one. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** One of these. */
  oneOf<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('there is none')
    return list[this.below(list.length)] as T
  }
}
