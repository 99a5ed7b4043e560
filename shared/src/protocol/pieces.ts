import * as Y from 'yjs'
import { CLIENT_BYTES, encodeStruct, Piece, RANGE_BYTES } from './piece.ts'
import { type Reach, type Struct, WaitingStructs } from './waiting-structs.ts'

type DeleteSet = ReturnType<typeof Y.decodeUpdate>['ds']

/**
 * Cuts an update into pieces of at most `maxBytes`, of which each needs only those before it and what the receiver has
 * (`stateVector`); a struct that is larger is a piece by itself. What the receiver has is left out. It may have more
 * (`present`), which is sent again.
 *
 * Deletions come as early as they can: those of what the receiver has first, the others with what they delete. So
 * whoever has all structs of an edit has its deletions too, but for those of what is still to come.
 *
 * What refers to something that is nowhere comes last, in one piece. Throws when the update cannot be decoded.
 */
export function cutUpdate(
  update: Uint8Array,
  stateVector: Uint8Array,
  maxBytes: number,
  present = stateVector,
): Uint8Array[] {
  const { structs, ds } = Y.decodeUpdate(update)
  const reach: Reach = Y.decodeStateVector(stateVector)
  const deletions = new Deletions(ds)
  const pieces: Uint8Array[] = []
  let piece = new Piece()
  const close = () => {
    if (!piece.isEmpty) pieces.push(piece.encode())
    piece = new Piece()
  }
  const add = (fill: () => void, bytes: number) => {
    if (piece.bytes + bytes > maxBytes) close()
    fill()
  }
  const presentReach: Reach = Y.decodeStateVector(present)
  for (const client of ds.clients.keys()) {
    for (const range of deletions.takeBelow(client, presentReach.get(client) ?? 0)) {
      add(() => piece.delete(client, range), RANGE_BYTES + CLIENT_BYTES)
    }
  }
  const waiting = new WaitingStructs(structs, reach)
  for (const struct of waiting.inCausalOrder()) {
    const { client, clock } = struct.id
    const known = reach.get(client) ?? 0
    const bytes = encodeStruct(struct, known - clock)
    reach.set(client, clock + struct.length)
    const deleted = deletions.takeBelow(client, clock + struct.length)
    add(
      () => {
        piece.insert(client, known, bytes)
        for (const range of deleted) piece.delete(client, range)
      },
      bytes.length + CLIENT_BYTES + deleted.length * RANGE_BYTES + (deleted.length && CLIENT_BYTES),
    )
  }
  close()
  const rest = encodeRest(waiting.left(), deletions)
  return rest ? [...pieces, rest] : pieces
}

/** The deleted ranges of an update that no piece has taken yet. */
class Deletions {
  readonly #ranges = new Map<number, Array<[from: number, to: number]>>()

  constructor({ clients }: DeleteSet) {
    for (const [client, items] of clients) {
      const sorted = items.map(({ clock, len }): [number, number] => [clock, clock + len])
      // The last is taken first.
      this.#ranges.set(
        client,
        sorted.sort((a, b) => b[0] - a[0]),
      )
    }
  }

  /** Takes what a client's structs below this clock had deleted. */
  takeBelow(client: number, clock: number): Array<readonly [from: number, to: number]> {
    const ranges = this.#ranges.get(client) ?? []
    const taken: Array<readonly [number, number]> = []
    for (let range = ranges.at(-1); range && range[0] < clock; range = ranges.at(-1)) {
      taken.push([range[0], Math.min(range[1], clock)])
      if (range[1] > clock) range[0] = clock
      else ranges.pop()
    }
    return taken
  }

  /** Takes all that is left. */
  *takeRest(): Generator<[client: number, range: readonly [from: number, to: number]]> {
    for (const client of this.#ranges.keys()) {
      for (const range of this.takeBelow(client, Infinity)) yield [client, range]
    }
  }
}

/** What found no place, as it is: Yjs keeps it until what it refers to is there. */
function encodeRest(structs: readonly Struct[], deletions: Deletions): Uint8Array | undefined {
  const rest = structs.map((struct) => {
    const piece = new Piece()
    piece.insert(struct.id.client, struct.id.clock, encodeStruct(struct, 0))
    return piece.encode()
  })
  const deleted = new Piece()
  for (const [client, range] of deletions.takeRest()) deleted.delete(client, range)
  if (!deleted.isEmpty) rest.push(deleted.encode())
  return rest.length > 0 ? Y.mergeUpdates(rest) : undefined
}
