/** Whose a Yjs client is whom the server speaks for: nobody may write under its name. */
export const SERVER = ''

/** How many ids that people have only announced are remembered of a room. */
const MAX_ANNOUNCED = 10_000

/** Each time that somebody opens a board and draws there, it has one more client, for good: ten times a day for three years. */
const MOST_OF_ONE = 10_000
/** A room that has so many is used up for those who have many of them, and only for those: one person cannot shut out others. */
const MANY_IN_ROOM = 100_000
const FEW_OF_ONE = 1_000
/** What a room has at most: everybody who joins is told of all of them, some bytes each. */
const MOST_IN_ROOM = 200_000

/**
 * Who a Yjs client is, in one room: it belongs to the first who wrote with it, for as long as the room exists; a guest's go
 * to the account that they sign in to. Yjs takes whatever comes under a client's name at its next clock; without this, what
 * somebody else put there while its person was offline would stand in the place of what they drew, and the room would already
 * "have" it.
 */
export class ClientOwners {
  readonly #owners: Map<number, string>
  /** How many of these each has. */
  readonly #counts = new Map<string, number>()
  /** Whoever shows a cursor tells its client's id to all: it is that person's from then on. */
  readonly #announced = new Map<number, string>()

  /** `stored` is what the room's records say: Yjs clients, each with its person's user id, or `SERVER`. */
  constructor(stored: Iterable<readonly [client: number, userId: string]> = []) {
    this.#owners = new Map(stored)
    for (const userId of this.#owners.values()) this.#count(userId, 1)
  }

  /**
   * Whether somebody may have one more client in a room of `inRoom`, with so many more of theirs on the way. The server's own,
   * and those of shared words, which are nobody's, are bounded by the room alone.
   */
  mayHaveMore(userId: string, { inRoom, onTheWay }: { inRoom: number; onTheWay: number }): boolean {
    if (userId === SERVER) return inRoom < MANY_IN_ROOM
    const most = inRoom < MANY_IN_ROOM ? MOST_OF_ONE : FEW_OF_ONE
    return inRoom < MOST_IN_ROOM && (this.#counts.get(userId) ?? 0) + onTheWay < most
  }

  /** Whose a client is; undefined when it is nobody's. */
  ownerOf(client: number): string | undefined {
    return this.#owners.get(client) ?? this.#announced.get(client)
  }

  /** Whether a client is this person's, or nobody's. */
  isOwn(client: number, userId: string): boolean {
    return (this.ownerOf(client) ?? userId) === userId
  }

  /** Whether it is known to the room's records whose a client is. */
  isStored(client: number): boolean {
    return this.#owners.has(client)
  }

  /** Somebody has written with a client that was nobody else's. */
  wrote(client: number, userId: string): void {
    const before = this.#owners.get(client)
    if (before !== undefined) this.#count(before, -1)
    this.#count(userId, 1)
    this.#owners.set(client, userId)
    this.#announced.delete(client)
  }

  /** All that is somebody's is somebody else's from now on. */
  transfer(from: string, to: string): void {
    for (const owners of [this.#owners, this.#announced]) {
      for (const [client, userId] of owners) if (userId === from) owners.set(client, to)
    }
    this.#count(to, this.#counts.get(from) ?? 0)
    this.#counts.delete(from)
  }

  /** Somebody shows themselves under a client's id; says whether it may be theirs. */
  announce(client: number, userId: string): boolean {
    const owner = this.ownerOf(client)
    if (owner !== undefined) return owner === userId
    this.#announced.set(client, userId)
    if (this.#announced.size > MAX_ANNOUNCED) this.#forgetSome()
    return true
  }

  /** Forgets the older half of what the person has announced who has announced most: nobody can have another's forgotten. */
  #forgetSome(): void {
    const clients = Map.groupBy(this.#announced.keys(), (client) => this.#announced.get(client))
    const [first = [], ...others] = clients.values()
    const most = others.reduce((a, b) => (b.length > a.length ? b : a), first)
    for (const client of most.slice(0, Math.ceil(most.length / 2))) this.#announced.delete(client)
  }

  #count(userId: string, more: number): void {
    this.#counts.set(userId, (this.#counts.get(userId) ?? 0) + more)
  }
}
