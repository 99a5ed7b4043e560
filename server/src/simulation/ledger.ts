import type { RoomId, UserId } from '@sketchroom/shared/ids'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import * as Y from 'yjs'
import type { Commit, SimulatedDatabase } from './simulated-database.ts'
import type { Life, VirtualTime } from './virtual-time.ts'

/** How long a change of access takes to hold everywhere: when all goes well, and when a message about it was lost. */
const PROMISED_MS = 1_000
const RECHECKED_MS = 12_000
/** So long after something failed, what came of it may still be under way. */
const AFTERMATH_MS = 8_000

/** Something is so that must never be so. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** What a room has in the database, as everybody is to see it in the end. */
export interface TrueRoom {
  readonly doc: Y.Doc
  head: number
  /** Whose each Yjs client is, as the first claim says. */
  readonly owners: Map<number, string>
  /** What each life of an instance has stored, so that none stores it twice. */
  readonly storedBy: Map<Life, Set<string>>
  isDeleted: boolean
}

interface Standing {
  readonly since: number
  readonly role: Role | undefined
}

/**
 * Keeps account of what was committed, and of who may be where, by what the database has done. Whoever is told something is
 * held against it; the first promise that is broken is kept in `broken`.
 */
export class Ledger {
  readonly rooms = new Map<RoomId, TrueRoom>()
  broken: BrokenPromise | undefined
  /** How many updates were committed. */
  commits = 0
  readonly #time: VirtualTime
  readonly #standings = new Map<string, Standing[]>()
  #troubles = 0
  #lastTroubleAt = -Infinity

  constructor(time: VirtualTime, database: SimulatedDatabase) {
    this.#time = time
    database.on('committed', (commit) => this.#committed(commit))
    database.on('roleChanged', (roomId, userId, role) => {
      const key = `${roomId} ${userId}`
      this.#standings.set(key, [...(this.#standings.get(key) ?? []), { since: time.now, role }])
    })
    database.on('roomDeleted', (roomId) => (this.roomOf(roomId).isDeleted = true))
  }

  /** What a room is. */
  roomOf(roomId: RoomId): TrueRoom {
    const known = this.rooms.get(roomId)
    if (known) return known
    const room: TrueRoom = { doc: new Y.Doc(), head: 0, owners: new Map(), storedBy: new Map(), isDeleted: false }
    this.rooms.set(roomId, room)
    return room
  }

  /** What somebody may do in a room now. */
  roleOf(roomId: RoomId, userId: UserId): Role | undefined {
    return this.#standings.get(`${roomId} ${userId}`)?.at(-1)?.role
  }

  /** Something begins to fail; the answer is to be called when it has ended. */
  trouble(): () => void {
    this.#troubles += 1
    return () => {
      this.#troubles -= 1
      this.#lastTroubleAt = this.#time.now
    }
  }

  /** Somebody is told that so much of these Yjs clients is durable. */
  acknowledged(who: string, roomId: RoomId, durable: ReadonlyMap<number, number>): void {
    const lacking = this.lacking(roomId, durable)
    if (lacking) this.break(`${who} is told that ${lacking} is durable, which is not committed`)
  }

  /** What of these clocks is not in the database, in words; undefined when all is. */
  lacking(roomId: RoomId, clocks: ReadonlyMap<number, number>): string | undefined {
    const { store } = this.roomOf(roomId).doc
    for (const [client, clock] of clocks) {
      const known = Y.getState(store, client)
      if (known < clock) return `client ${client} up to ${clock} (there is ${known})`
    }
    return undefined
  }

  /** Somebody is sent something of what is drawn, or of who draws. */
  told(who: string, roomId: RoomId, userId: UserId, what: string): void {
    const last = this.#standings.get(`${roomId} ${userId}`)?.at(-1)
    if (!last || last.role !== undefined || !this.#mustHold(last.since)) return
    this.break(`${who} is sent ${what} ${Math.round(this.#time.now - last.since)} ms after they were removed`)
  }

  /** Notes a promise that is broken. */
  break(how: string): void {
    this.broken ??= new BrokenPromise(how)
  }

  #committed({ by, roomId, firstSeq, entries }: Commit): void {
    const room = this.roomOf(roomId)
    if (firstSeq !== room.head + 1) this.break(`after update ${room.head} comes ${firstSeq}`)
    room.head += entries.length
    this.commits += entries.length
    const storedBefore = room.storedBy.get(by) ?? new Set()
    room.storedBy.set(by, storedBefore)
    for (const { update, author, at, claims = [] } of entries) {
      for (const [client, owner] of claims) if (!room.owners.has(client)) room.owners.set(client, owner)
      const bytes = Buffer.from(update).toString('base64')
      if (storedBefore.has(bytes)) this.break(`${by.name} stores the same update twice`)
      storedBefore.add(bytes)
      if (!this.#mightDraw(roomId, author as UserId, at)) this.break('somebody who may not draw has an update stored')
      Y.applyUpdate(room.doc, update)
    }
  }

  /** Whether somebody who is taken for one who may draw at that moment was one, or had been just before. */
  #mightDraw(roomId: RoomId, userId: UserId, at: number): boolean {
    const standings = this.#standings.get(`${roomId} ${userId}`) ?? []
    return standings.some(({ role }, index) => {
      const until = standings[index + 1]?.since ?? Infinity
      return role !== undefined && mayDraw(role) && !this.#mustHold(until, at)
    })
  }

  /** Whether a change of then must be known everywhere by now, or at another moment. */
  #mustHold(since: number, at = this.#time.now): boolean {
    if (this.#troubles > 0) return false
    const wasCalm = this.#lastTroubleAt < since - AFTERMATH_MS
    return (
      at - since > (wasCalm ? PROMISED_MS : 0) &&
      at - Math.max(since, this.#lastTroubleAt) > (wasCalm ? 0 : RECHECKED_MS)
    )
  }
}
