import { malformed } from './refusal.ts'
import { KIND } from './read-content.ts'
import type { Id, ReadStruct, ReadUpdate } from './read-update.ts'

/** The structs of an update that are new, or new in part, in an order in which each refers only to what is there. */
export interface CausalOrder {
  readonly structs: readonly ReadStruct[]
  /** How far a client is known, once the update is applied. */
  readonly reach: (client: number) => number
}

/** One client's structs, of which the next one waits for something, and the clients that wait for this one. */
interface Line {
  readonly structs: readonly ReadStruct[]
  next: number
  reach: number
  /** In the order of the clocks that they wait for, the greatest first. */
  readonly waiters: Array<{ readonly clock: number; readonly line: Line }>
}

/**
 * Puts an update's structs in causal order; undefined when something before them is missing, or they wait for each other
 * in a circle: then Yjs would apply a part and keep the rest aside. `known` says how far a client is known. Throws
 * `Refusal` for what refers to itself, or to what its own client does later.
 */
export function causalOrder({ clients }: ReadUpdate, known: (client: number) => number): CausalOrder | undefined {
  const lines = new Map<number, Line>()
  for (const { client, structs } of clients) {
    lines.set(client, { structs, next: 0, reach: known(client), waiters: [] })
  }
  const reachOf = (client: number) => lines.get(client)?.reach ?? known(client)
  const ordered: ReadStruct[] = []
  const ready = [...lines.values()].toReversed()
  for (let line = ready.pop(); line; line = ready.pop()) {
    const missing = advance(line, reachOf, ordered)
    if (missing) {
      const other = lines.get(missing.client)
      if (!other || other === line) return undefined
      wait(line, other, missing.clock)
    }
    for (let first = line.waiters.at(-1); first && first.clock < line.reach; first = line.waiters.at(-1)) {
      line.waiters.pop()
      ready.push(first.line)
    }
  }
  for (const { next, structs } of lines.values()) if (next < structs.length) return undefined
  return { structs: ordered, reach: reachOf }
}

/** Takes a client's structs for as long as nothing is missing; answers what is. */
function advance(line: Line, reachOf: (client: number) => number, ordered: ReadStruct[]): Id | undefined {
  const { structs } = line
  for (; line.next < structs.length; line.next++) {
    const struct = structs[line.next] as ReadStruct
    const end = struct.clock + struct.length
    if (struct.kind === KIND.skip) continue
    if (struct.clock > line.reach) return struct
    // Yjs waits for it also when it has the struct itself: what an honest client repeats refers to what is there.
    const missing = missingOf(struct, reachOf)
    if (missing) return missing
    if (end <= line.reach) continue
    ordered.push(struct)
    line.reach = end
  }
  return undefined
}

function wait(line: Line, other: Line, clock: number): void {
  const { waiters } = other
  let at = waiters.length
  while (at > 0 && (waiters[at - 1] as { clock: number }).clock < clock) at -= 1
  waiters.splice(at, 0, { clock, line })
}

function missingOf(struct: ReadStruct, reachOf: (client: number) => number): Id | undefined {
  const { origin, rightOrigin, parent } = struct
  if (origin && isMissing(origin, struct, reachOf)) return origin
  if (rightOrigin && isMissing(rightOrigin, struct, reachOf)) return rightOrigin
  if (parent !== null && typeof parent !== 'string' && isMissing(parent, struct, reachOf)) return parent
  return undefined
}

function isMissing(id: Id, { client, clock }: Id, reachOf: (client: number) => number): boolean {
  if (id.client !== client) return id.clock >= reachOf(id.client)
  // Yjs takes it on trust that what a client refers to of its own is there, and throws in the middle if not.
  if (id.clock >= clock) malformed('G8', `a struct of client ${client} refers to a later one`)
  return false
}
