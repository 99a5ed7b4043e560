import { malformed } from './refusal.ts'
import { KIND } from './read-content.ts'
import { indexAt, type Id, type ReadStruct, type ReadUpdate } from './read-update.ts'

/** The structs of an update that are new, or new in part, in an order in which each refers only to what is there. */
export interface CausalOrder {
  readonly structs: readonly ReadStruct[]
  /** Those that Yjs would keep aside: something before them is missing, or they wait for each other in a circle. */
  readonly waiting: readonly ReadStruct[]
  /** How far a client is known, once the others are applied. */
  readonly reach: (client: number) => number
}

/** One client's structs, of which the next one waits for something, and the clients that wait for this one. */
interface Line {
  readonly structs: readonly ReadStruct[]
  next: number
  reach: number
  /** By which of the structs they wait for: in a list, each would have to find its place among thousands. */
  readonly waiters: Map<number, Line[]>
}

const NONE: readonly ReadStruct[] = []
const NO_LINES: readonly Line[] = []

/**
 * Puts an update's structs in causal order. `known` says how far a client is known. Throws `Refusal` for what refers to
 * itself, or to what its own client does later.
 */
export function causalOrder({ clients }: ReadUpdate, known: (client: number) => number): CausalOrder {
  const lines = new Map<number, Line>()
  for (const { client, structs } of clients) {
    lines.set(client, { structs, next: 0, reach: known(client), waiters: new Map() })
  }
  const reachOf = (client: number) => lines.get(client)?.reach ?? known(client)
  const ordered: ReadStruct[] = []
  const ready = [...lines.values()].toReversed()
  for (let line = ready.pop(); line; line = ready.pop()) {
    const from = line.next
    const missing = advance(line, reachOf, ordered)
    const other = missing && lines.get(missing.client)
    if (other && other !== line) wait(line, other, missing.clock)
    if (line.waiters.size === 0) continue
    for (let at = from; at < line.next; at++) {
      ready.push(...(line.waiters.get(at) ?? NO_LINES))
      line.waiters.delete(at)
    }
  }
  return { structs: ordered, waiting: waitingIn(lines.values()), reach: reachOf }
}

function waitingIn(lines: Iterable<Line>): readonly ReadStruct[] {
  let waiting: ReadStruct[] | undefined
  for (const { next, structs } of lines) {
    for (let at = next; at < structs.length; at++) {
      const struct = structs[at] as ReadStruct
      if (struct.kind === KIND.skip) continue
      // Of those that were not looked at: Yjs throws when their turn comes, and not before.
      for (const id of [struct.origin, struct.rightOrigin, struct.parent]) {
        if (id !== null && typeof id !== 'string' && id.client === struct.client) checkOwn(id, struct)
      }
      ;(waiting ??= []).push(struct)
    }
  }
  return waiting ?? NONE
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
  const at = indexAt(other.structs, clock)
  const waiters = other.waiters.get(at)
  if (waiters) waiters.push(line)
  else other.waiters.set(at, [line])
}

function missingOf(struct: ReadStruct, reachOf: (client: number) => number): Id | undefined {
  const { origin, rightOrigin, parent } = struct
  if (origin && isMissing(origin, struct, reachOf)) return origin
  if (rightOrigin && isMissing(rightOrigin, struct, reachOf)) return rightOrigin
  if (parent !== null && typeof parent !== 'string' && isMissing(parent, struct, reachOf)) return parent
  return undefined
}

function isMissing(id: Id, struct: Id, reachOf: (client: number) => number): boolean {
  if (id.client !== struct.client) return id.clock >= reachOf(id.client)
  checkOwn(id, struct)
  return false
}

function checkOwn(id: Id, { client, clock }: Id): void {
  // Yjs takes it on trust that what a client refers to of its own is there, and throws in the middle if not.
  if (id.clock >= clock) malformed('G8', `a struct of client ${client} refers to a later one`)
}
