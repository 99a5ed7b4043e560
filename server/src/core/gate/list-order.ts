import type * as Y from 'yjs'
import { indexAt, isSameId, type Id } from './read-update.ts'
import { invalid } from './refusal.ts'

/** What is there is copied, which takes longer than passing it: lists of more than some 50,000 parts are refused. */
const STEPS_TO_BUILD = 10

/** What somebody put into a list in one go. */
export interface Insertion extends Id {
  readonly length: number
  /** What was on its left and on its right for who inserted it. */
  readonly origin: Id | null
  readonly rightOrigin: Id | null
}

/** An insertion in its place, or a part of one that something was put into. */
interface Stretch extends Insertion {
  length: number
  right: Stretch | null
}

/**
 * The order of one list while an update is judged: what the document has there, and what the update adds, put in its place
 * as Yjs will. Yjs lets a struct say freely what it stands between. What nobody can have seen side by side goes to one place
 * where it comes early and to another where it comes late: two people who have the same would not see the same.
 * Source: YATA, as `Item.integrate` in Yjs has it.
 */
export class ListOrder {
  #first: Stretch | null = null
  /** By client, in the order of the clock. */
  readonly #stretches = new Map<number, Stretch[]>()
  readonly #seen = new Map<number, Seen>()
  /** What each client has put here last, and what it had on its left and on its right. */
  readonly #clear = new Map<number, { left: Stretch | null; stretch: Stretch; right: Stretch | null }>()
  readonly #count: (steps: number) => void

  /** `first` is the first struct of the list as it is; `count` takes the steps that this takes, and may throw. */
  constructor(first: Y.Item | null, count: (steps: number) => void) {
    this.#count = count
    let last: Stretch | null = null
    for (let item = first; item; item = item.right) {
      count(STEPS_TO_BUILD)
      const { id, length, origin, rightOrigin } = item
      const stretch: Stretch = { client: id.client, clock: id.clock, length, origin, rightOrigin, right: null }
      this.#add(stretch, last)
      last = stretch
    }
    for (const stretches of this.#stretches.values()) stretches.sort((a, b) => a.clock - b.clock)
  }

  /** Puts an insertion in its place, after all that it refers to; throws `Refusal` for one that nobody can have made. */
  insert(insertion: Insertion): void {
    const { client, origin, rightOrigin } = insertion
    const right = rightOrigin && this.#from(rightOrigin)
    const left = origin && this.#upTo(origin)
    if (!this.#isClear(client, left, right)) this.#checkBetween(insertion, left, right)
    const stretch = { ...insertion, right: null }
    this.#add(stretch, this.#placeAmong(insertion, left, right))
    this.#clear.set(client, { left, stretch, right })
  }

  /** Whether a client goes on before or behind what it has just put there: of what is around, it has seen no more than then. */
  #isClear(client: number, left: Stretch | null, right: Stretch | null): boolean {
    const last = this.#clear.get(client)
    if (!last) return false
    return (left === last.stretch && right === last.right) || (left === last.left && right === last.stretch)
  }

  #checkBetween(insertion: Insertion, left: Stretch | null, right: Stretch | null): void {
    const { client, clock, origin, rightOrigin } = insertion
    const between: Stretch[] = []
    let next = left ? left.right : this.#first
    for (; next && next !== right; next = next.right) between.push(next)
    this.#count(between.length)
    if (next !== right) invalid('G8', `what client ${client} has put between two things stands in no such place`)
    if (between.length === 0) return
    const seen = this.#seenBy(client)
    seen.add({ client, clock: clock - 1 })
    if (origin) seen.add(origin)
    if (rightOrigin) seen.add(rightOrigin)
    this.#count(seen.follow(this.#stretches))
    if (between.some((stretch) => seen.has(stretch))) {
      invalid('G8', `client ${client} has put something between two things that were not side by side`)
    }
  }

  /** What an insertion goes behind, among what others have put between the same two things. */
  #placeAmong(insertion: Insertion, left: Stretch | null, right: Stretch | null): Stretch | null {
    let place = left
    const passed = new Set<Stretch>()
    /** Of those, the ones that may yet turn out to stand behind it. */
    const open = new Set<Stretch>()
    for (let other = left ? left.right : this.#first; other && other !== right; other = other.right) {
      passed.add(other)
      open.add(other)
      const parent = other.origin && this.#at(other.origin)
      if (isSameId(other.origin, insertion.origin)) {
        if (other.client < insertion.client) {
          place = other
          open.clear()
        } else if (isSameId(other.rightOrigin, insertion.rightOrigin)) break
      } else if (parent && passed.has(parent)) {
        if (open.has(parent)) continue
        place = other
        open.clear()
      } else break
    }
    this.#count(passed.size)
    return place
  }

  #seenBy(client: number): Seen {
    let seen = this.#seen.get(client)
    if (!seen) this.#seen.set(client, (seen = new Seen()))
    return seen
  }

  #add(stretch: Stretch, left: Stretch | null): void {
    stretch.right = left ? left.right : this.#first
    if (left) left.right = stretch
    else this.#first = stretch
    const ofClient = this.#stretches.get(stretch.client)
    if (ofClient) ofClient.push(stretch)
    else this.#stretches.set(stretch.client, [stretch])
  }

  #at({ client, clock }: Id): Stretch | undefined {
    const stretches = this.#stretches.get(client)
    return stretches?.[indexAt(stretches, clock)]
  }

  /** The stretch that begins with an id. */
  #from(id: Id): Stretch | null {
    const stretch = this.#at(id)
    if (!stretch) return null
    return stretch.clock === id.clock ? stretch : this.#cut(stretch, id.clock)
  }

  /** The stretch that ends with an id. */
  #upTo(id: Id): Stretch | null {
    const stretch = this.#at(id)
    if (!stretch) return null
    if (id.clock < stretch.clock + stretch.length - 1) this.#cut(stretch, id.clock + 1)
    return stretch
  }

  /** Cuts a stretch in two; answers the second part. */
  #cut(stretch: Stretch, clock: number): Stretch {
    const { client, rightOrigin, right } = stretch
    const length = stretch.clock + stretch.length - clock
    const second = { client, clock, length, origin: { client, clock: clock - 1 }, rightOrigin, right }
    stretch.length -= length
    stretch.right = second
    const stretches = this.#stretches.get(client) as Stretch[]
    stretches.splice(indexAt(stretches, stretch.clock) + 1, 0, second)
    return second
  }
}

/**
 * What of a list a client must have seen: with each thing all that the same client had put there before, and what those
 * stand between. Only that can be held against it; of the rest, it may have heard nothing.
 */
class Seen {
  /** By client, up to which clock. */
  readonly #reach = new Map<number, number>()
  readonly #followed = new Map<number, number>()

  add({ client, clock }: Id): void {
    if ((this.#reach.get(client) ?? 0) <= clock) this.#reach.set(client, clock + 1)
  }

  has({ client, clock }: Id): boolean {
    return clock < (this.#reach.get(client) ?? 0)
  }

  /** Adds what those refer to that were added; answers in how many steps. */
  follow(stretches: ReadonlyMap<number, readonly Stretch[]>): number {
    let steps = 0
    for (let isMore = true; isMore;) {
      isMore = false
      for (const [client, reach] of this.#reach) {
        const followed = this.#followed.get(client) ?? 0
        if (followed >= reach) continue
        this.#followed.set(client, reach)
        isMore = true
        const ofClient = stretches.get(client) ?? []
        for (let at = Math.max(0, indexAt(ofClient, followed)); at < ofClient.length; at++) {
          const stretch = ofClient[at] as Stretch
          if (stretch.clock >= reach) break
          if (stretch.origin) this.add(stretch.origin)
          if (stretch.rightOrigin) this.add(stretch.rightOrigin)
          steps += 1
        }
      }
    }
    return steps
  }
}
