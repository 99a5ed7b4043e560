import { orderKeyBetween, orderKeysBetween } from './fractional-index.ts'

/** What decides where an element lies in the stack: its order key, then its id. */
export interface Placed {
  readonly id: string
  /** A valid order key, or null. */
  readonly index: string | null
}

/** Compares two elements from the bottom to the top. Equal keys are told apart by id; no key is the very top. */
export function compareOrder(a: Placed, b: Placed): number {
  if (a.index !== b.index) {
    if (a.index === null) return 1
    if (b.index === null) return -1
    return a.index < b.index ? -1 : 1
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/**
 * The new order keys that make a sorted list strictly rising: two people who add an element at the same time
 * give both the same key. The first of equals keeps its key. The same list gives the same repairs everywhere,
 * so that those who repair at the same time agree.
 */
export function orderRepairs(sorted: readonly Placed[]): Map<string, string> {
  const repairs = new Map<string, string>()
  let last: string | null = null
  for (let i = 0; i < sorted.length;) {
    const run: string[] = []
    let next = sorted[i]
    while (next && (next.index === null || (last !== null && next.index <= last))) {
      run.push(next.id)
      next = sorted[i + run.length]
    }
    const keys = orderKeysBetween(last, next?.index ?? endAfter(last, run.length), run.length)
    for (const [position, id] of run.entries()) repairs.set(id, keys[position] as string)
    last = next?.index ?? last
    i += run.length + 1
  }
  return repairs
}

/**
 * Where the keys at the top of the stack end, so that none is the one that comes next by itself: of a paste that arrives in
 * pieces, the next piece brings that key, and what was repaired would have to be repaired again, by everybody, at each.
 */
function endAfter(last: string | null, count: number): string | null {
  return last !== null && count > 0 ? orderKeyBetween(last, null) : null
}
