import { sizeOf } from '../core/documents/room-bytes.ts'
import type { PieceWork } from './room-pieces.ts'
import { TimeUsed } from './time-used.ts'

/** As many as there are threads for it. */
const AT_ONCE = 2
/** What a thread takes for a board, roughly: it is counted when it begins to wait, so that many do not come in as one. */
const MS_PER_BYTE = 200 / (1024 * 1024)
/** How often it is looked for those who have used nothing lately. */
const FORGET_EVERY_MS = 60_000

/** Somebody in a room: by both they are counted, since one address may send any number of guests. */
export interface Asker {
  readonly user: { readonly id: string }
  readonly clientAddress: string
}

/** A room of which something is to be put together in a thread. */
export interface AskingRoom {
  /** Who is there by now. */
  sessions(): Iterable<Asker>
  /** Whether it has left memory, so that nobody waits any more. */
  readonly isGone: boolean
}

/** The server itself, which may have something to do in a room where nobody is. */
const SERVER: Asker = { user: { id: '' }, clientAddress: '' }

interface Job {
  readonly room: AskingRoom
  begin(): Promise<void>
  giveUp(): void
}

/**
 * Who waits for a thread. They are few, and a board takes one for up to seconds: rooms come first in which somebody is who has
 * used them least lately, by themselves and from their address, and nobody has two at once. So whoever opens many large boards
 * waits for themselves.
 */
export class CutLine {
  readonly #work: PieceWork
  readonly #waiting = new Set<Job>()
  /** For each that is under way, the user ids of who was in the room. */
  readonly #running = new Set<ReadonlySet<string>>()
  readonly #used = new Map<string, TimeUsed>()
  #forgotAt = -Infinity

  constructor(work: PieceWork) {
    this.#work = work
  }

  /** The work for one room. Rejects as that does, and when nobody can wait for it any more. */
  of(room: () => AskingRoom): PieceWork {
    return {
      cut: (updates) => this.#add(room(), sizeOf(updates), () => this.#work.cut(updates)),
      measure: (pieces) => this.#add(room(), sizeOf(pieces), () => this.#work.measure(pieces)),
    }
  }

  #add<T>(room: AskingRoom, bytes: number, act: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#charge(room, bytes * MS_PER_BYTE)
    this.#waiting.add({
      room,
      begin: () => act().then(resolve, reject),
      giveUp: () => reject(new Error('the room has left memory')),
    })
    this.#goOn()
    return promise
  }

  #goOn(): void {
    for (const job of this.#waiting) {
      if (!job.room.isGone) continue
      this.#waiting.delete(job)
      job.giveUp()
    }
    while (this.#running.size < AT_ONCE) {
      const next = this.#next()
      if (!next) return
      const users = new Set(askersIn(next.room).map(({ user }) => user.id))
      this.#waiting.delete(next)
      this.#running.add(users)
      void next.begin().finally(() => {
        this.#running.delete(users)
        this.#goOn()
      })
    }
  }

  #next(): Job | undefined {
    const now = performance.now()
    let [next, least]: [Job | undefined, number] = [undefined, Infinity]
    for (const job of this.#waiting) {
      const usedMs = this.#usedMs(job.room, now)
      if (usedMs < least) [next, least] = [job, usedMs]
    }
    return next
  }

  /** What whoever is in the room has used who has used least; not who has a thread already. */
  #usedMs(room: AskingRoom, now: number): number {
    let least = Infinity
    for (const { user, clientAddress } of askersIn(room)) {
      if ([...this.#running].some((users) => users.has(user.id))) continue
      const [own, theirs] = [this.#used.get(userKey(user.id)), this.#used.get(addressKey(clientAddress))]
      least = Math.min(least, (own?.at(now) ?? 0) + (theirs?.at(now) ?? 0))
    }
    return least
  }

  /** All who are there share it: who makes a crowd's board slow cannot have each of them pay for all. */
  #charge(room: AskingRoom, tookMs: number): void {
    const now = performance.now()
    this.#forget(now)
    const all = askersIn(room)
    for (const { user, clientAddress } of all) {
      for (const key of [userKey(user.id), addressKey(clientAddress)]) {
        const used = this.#used.get(key) ?? new TimeUsed()
        used.add(tookMs / all.length, now)
        this.#used.set(key, used)
      }
    }
  }

  #forget(now: number): void {
    if (now - this.#forgotAt < FORGET_EVERY_MS) return
    this.#forgotAt = now
    for (const [key, used] of this.#used) if (used.at(now) === 0) this.#used.delete(key)
  }
}

function askersIn(room: AskingRoom): readonly Asker[] {
  const all = [...room.sessions()]
  return all.length > 0 ? all : [SERVER]
}

const userKey = (id: string) => `user ${id}`
const addressKey = (address: string) => `address ${address}`
