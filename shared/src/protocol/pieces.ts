import * as Y from 'yjs'

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]
type DeleteSet = ReturnType<typeof Y.decodeUpdate>['ds']

/** How far each Yjs client's structs reach: all of them below that clock. */
type Reach = Map<number, number>

/** What a piece takes beside its structs, at most: the counts, and for a client its number and its first clock. */
const PIECE_BYTES = 8
const CLIENT_BYTES = 20
/** A deleted range in an update: two clocks. */
const RANGE_BYTES = 16

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

/** The structs of an update that have not found their place yet. */
class WaitingStructs {
  readonly #byClient = new Map<number, Struct[]>()
  readonly #next = new Map<number, number>()
  readonly #reach: Reach

  /** `reach` is what is there already; whoever takes a struct moves it. */
  constructor(structs: readonly Struct[], reach: Reach) {
    this.#reach = reach
    for (const struct of structs) {
      const { client, clock } = struct.id
      if (struct instanceof Y.Skip || clock + struct.length <= (reach.get(client) ?? 0)) continue
      const ofClient = this.#byClient.get(client)
      if (ofClient) ofClient.push(struct)
      else this.#byClient.set(client, [struct])
    }
    for (const ofClient of this.#byClient.values()) ofClient.sort((a, b) => a.id.clock - b.id.clock)
  }

  /** Each struct after those that it refers to; those of one client in the order of their clocks. */
  *inCausalOrder(): Generator<Struct> {
    // Their next struct refers to what is nowhere, or to one of these.
    const stuck = new Set<number>()
    for (const client of this.#byClient.keys()) {
      // Whoever is on top is waited for by the one below.
      const stack = [client]
      while (stack.length > 0) {
        const current = stack.at(-1) as number
        const struct = this.#nextOf(current)
        const missing = struct && this.#missingOf(struct)
        if (struct && missing === undefined) {
          this.#next.set(current, (this.#next.get(current) ?? 0) + 1)
          yield struct
          // The one below may have what it waited for; it comes back here if not.
          if (stack.length > 1) stack.pop()
          continue
        }
        const isHopeless = missing === undefined || stuck.has(missing) || stack.includes(missing)
        if (missing !== undefined && !isHopeless && this.#nextOf(missing)) {
          stack.push(missing)
          continue
        }
        if (struct) stuck.add(current)
        stack.pop()
      }
    }
  }

  /** Those that found no place. */
  left(): Struct[] {
    return [...this.#byClient].flatMap(([client, structs]) => structs.slice(this.#next.get(client) ?? 0))
  }

  #nextOf(client: number): Struct | undefined {
    return this.#byClient.get(client)?.[this.#next.get(client) ?? 0]
  }

  /** A client of whom something must come before this struct; undefined when nothing must. */
  #missingOf(struct: Struct): number | undefined {
    const { client, clock } = struct.id
    if (clock > (this.#reach.get(client) ?? 0)) return client
    return referencesOf(struct).find((id) => id.clock >= (this.#reach.get(id.client) ?? 0) && id.client !== client)
      ?.client
  }
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

/** An update in the making, in Yjs's v1 encoding. */
class Piece {
  readonly #inserted = new Map<number, { readonly clock: number; readonly structs: Uint8Array[] }>()
  readonly #deleted = new Map<number, Array<[from: number, to: number]>>()
  #bytes = PIECE_BYTES

  /** How large it is, or a little less than that. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#inserted.size === 0 && this.#deleted.size === 0
  }

  /** Adds a struct that begins at this clock, where the client's last one in the piece ends. */
  insert(client: number, clock: number, struct: Uint8Array): void {
    const ofClient = this.#inserted.get(client)
    this.#bytes += struct.length + (ofClient ? 0 : CLIENT_BYTES)
    if (ofClient) ofClient.structs.push(struct)
    else this.#inserted.set(client, { clock, structs: [struct] })
  }

  /** Adds a deleted range; those of one client in the order of their clocks. */
  delete(client: number, [from, to]: readonly [from: number, to: number]): void {
    const ofClient = this.#deleted.get(client)
    const last = ofClient?.at(-1)
    if (last?.[1] === from) {
      last[1] = to
      return
    }
    this.#bytes += RANGE_BYTES + (ofClient ? 0 : CLIENT_BYTES)
    if (ofClient) ofClient.push([from, to])
    else this.#deleted.set(client, [[from, to]])
  }

  encode(): Uint8Array {
    const parts = [lengths(this.#inserted.size)]
    // Yjs reads the clients in this order, and so writes them.
    for (const [client, { clock, structs }] of [...this.#inserted].sort(([a], [b]) => b - a)) {
      parts.push(lengths(structs.length, client, clock), ...structs)
    }
    parts.push(lengths(this.#deleted.size))
    for (const [client, ranges] of [...this.#deleted].sort(([a], [b]) => b - a)) {
      parts.push(lengths(client, ranges.length, ...ranges.flatMap(([from, to]) => [from, to - from])))
    }
    return joined(parts)
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

function referencesOf(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return []
  const parent: unknown = struct.parent
  return [struct.origin, struct.rightOrigin, parent].filter((id) => id instanceof Y.ID)
}

/** `offset`: so many of its ids, from the first on, are left out, since the receiver has them. */
function encodeStruct(struct: Struct, offset: number): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  struct.write(encoder, Math.max(0, offset))
  return encoder.toUint8Array()
}

function lengths(...numbers: readonly number[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  for (const number of numbers) encoder.writeLen(number)
  return encoder.toUint8Array()
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
