import * as Y from 'yjs'

/** A struct of an update that Yjs has decoded. */
export type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

/** How far each Yjs client's structs reach: all of them below that clock. */
export type Reach = Map<number, number>

/** The structs of an update that have not found their place yet. */
export class WaitingStructs {
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

function referencesOf(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return []
  const parent: unknown = struct.parent
  return [struct.origin, struct.rightOrigin, parent].filter((id) => id instanceof Y.ID)
}
