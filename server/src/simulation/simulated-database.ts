import { EventEmitter } from 'node:events'
import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { MemoryDocumentStore } from '../adapters/memory/memory-document-store.ts'
import { createMemoryStores } from '../adapters/memory/memory-stores.ts'
import type { AccountsStore } from '../ports/accounts-store.ts'
import {
  UndecidedAppendError,
  type DocumentStore,
  type JournalBatch,
  type UpdateRecord,
} from '../ports/document-store.ts'
import type { MembershipRecord, RoomRecord, RoomStore } from '../ports/room-store.ts'
import type { Chance } from './chance.ts'
import type { Life, VirtualTime } from './virtual-time.ts'

/** The stores of one database as one instance reaches them. */
export interface Stores {
  readonly documents: DocumentStore
  readonly accounts: AccountsStore
  readonly rooms: RoomStore
}

/** `stalled`: it takes what comes and answers when it is back. `down`: nobody takes anything. `full`: it can be read. */
export type DatabaseState = 'up' | 'stalled' | 'down' | 'full'

/** Updates of one room as they were committed. */
export interface Commit {
  readonly by: Life
  readonly roomId: RoomId
  readonly firstSeq: number
  readonly entries: readonly UpdateRecord[]
}

interface DatabaseEvents {
  committed: [commit: Commit]
  /** Somebody's role in a room is another from now on; undefined when they have none. */
  roleChanged: [roomId: RoomId, userId: UserId, role: Role | undefined]
  roomDeleted: [roomId: RoomId]
}

/** How long the adapter of PostgreSQL waits for an answer to an append, and to all else. */
const APPENDED_MS = 3_000
const ANSWER_MS = 35_000

/** As `pg` and PostgreSQL say it. */
const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const cutOff = (): Error => new Error('Connection terminated unexpectedly')
const tooLate = (): Error => new Error('Query read timeout')
const full = (): Error => Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' })
const lockedOut = (): Error => new UndecidedAppendError('an earlier attempt may be under way')
/** What becomes of an append is not known when no answer to it comes. */
const undecided = (cause: Error): Error => new UndecidedAppendError('the answer was lost', { cause })
const unwelcome = (): Error => Object.assign(new Error('invalid byte sequence'), { code: '22021' })

/** What others are told of by whoever did it. */
const CHANGES_ACCESS = /^(?:putMembership|removeMembership|updateRoom)$/

/** What only reads, and so is not refused by a full disk. */
const READS = /^(?:load|read|find|list|count|heads)/

/**
 * What PostgreSQL is to the instances: each call takes its time, is done as a whole or not at all, and may be done though
 * its answer never comes, also when who asked has died meanwhile.
 */
export class SimulatedDatabase extends EventEmitter<DatabaseEvents> {
  state: DatabaseState = 'up'
  /** What is appended to this room is refused. */
  refusedRoom: RoomId | undefined
  /** Of calls that are done, so many lose their answer, and of others, so many are late by seconds. */
  lossy = 0
  late = 0
  readonly documents = new MemoryDocumentStore()
  readonly #time: VirtualTime
  readonly #chance: Chance
  readonly #tables = createMemoryStores()
  /** What was sent to a database that stands still. */
  #stalled: Array<() => void> = []
  /** Of batches by their ids: what is stored, what is being stored, and of what an answer was lost. */
  readonly #stored = new Set<string>()
  readonly #underWay = new Set<string>()
  readonly #unanswered = new Set<string>()

  constructor(time: VirtualTime, chance: Chance) {
    super()
    this.#time = time
    this.#chance = chance
  }

  /** The stores as an instance sees them for as long as it lives. */
  connect(by: Life): Stores {
    return {
      documents: this.#reach(by, this.documents),
      accounts: this.#reach(by, this.#tables.accounts),
      rooms: this.#reach(by, this.#tables.rooms),
    }
  }

  /** Ends what is the matter with it: what has waited is done. */
  heal(): void {
    this.state = 'up'
    this.refusedRoom = undefined
    this.lossy = 0
    this.late = 0
    for (const arrive of this.#stalled.splice(0))
      this.#time.as(undefined, () => this.#time.after(this.#lineMs(), arrive))
  }

  #reach<Store extends object>(by: Life, store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...args: readonly unknown[]) => {
          const act = () => method.apply(target, args) as Promise<unknown>
          return this.#call(by, name as string, args, act)
        }
      },
    })
  }

  #call(by: Life, name: string, args: readonly unknown[], act: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (by.isOver) return
      const batch = name === 'append' ? (args[0] as JournalBatch) : undefined
      const answer = (settle: () => void) => void this.#time.as(by, () => this.#time.after(this.#lineMs(), settle))
      const lose = (error: Error) => {
        if (batch) this.#unanswered.add(batch.id)
        reject(batch ? undecided(error) : error)
      }
      if (this.state === 'down') return answer(() => lose(refused()))
      const patience = this.#time.after(batch ? APPENDED_MS : ANSWER_MS, () => lose(tooLate()))
      const settle = (outcome: () => void) => {
        patience.isCancelled = true
        answer(outcome)
      }
      const arrive = () => {
        // Of what somebody sent with their last breath, some has come.
        if (by.isOver && this.#chance.is(0.5)) return
        if (this.state === 'stalled') return void this.#stalled.push(arrive)
        if (this.state === 'down') return settle(() => lose(cutOff()))
        const refusal = this.#refusalOf(name, batch)
        if (refusal) return settle(() => reject(refusal))
        if (batch) this.#underWay.add(batch.id)
        const workMs = this.#chance.is(this.late) ? this.#chance.between(1_000, 6_000) : 0
        const work = async () => {
          // Nobody is left to say so, and nobody asks: docs/reliability.md, "Simulated".
          if (by.isOver && CHANGES_ACCESS.test(name)) return
          const [value, error] = await this.#do(by, name, args, act)
          if (batch) this.#underWay.delete(batch.id)
          if (this.#chance.is(this.lossy)) settle(() => lose(cutOff()))
          else settle(() => (error === undefined ? resolve(value) : reject(error)))
        }
        this.#time.after(workMs, () => void work())
      }
      // What is under way goes on whoever has died.
      this.#time.as(undefined, () => this.#time.after(this.#lineMs(), arrive))
    })
  }

  /** Between the instance and the database, one way. */
  #lineMs(): number {
    return this.#chance.between(0.2, 2)
  }

  #refusalOf(name: string, batch: JournalBatch | undefined): Error | undefined {
    if (batch && this.#stored.has(batch.id)) return undefined
    // The rows are locked by the first attempt, which takes long.
    if (batch && this.#underWay.has(batch.id)) return lockedOut()
    if (this.state === 'full' && !READS.test(name)) {
      return batch && this.#unanswered.has(batch.id) ? undecided(full()) : full()
    }
    const isRefused = batch?.rooms.some(({ roomId }) => roomId === this.refusedRoom)
    return isRefused ? unwelcome() : undefined
  }

  /** Done in one moment, and told of at once. */
  async #do(
    by: Life,
    name: string,
    args: readonly unknown[],
    act: () => Promise<unknown>,
  ): Promise<[value: unknown, error: Error | undefined]> {
    const batch = name === 'append' ? (args[0] as JournalBatch) : undefined
    const heads = batch && (await this.documents.headsOf(batch.rooms.map(({ roomId }) => roomId)))
    try {
      const value = await act()
      if (batch) this.#appended(by, batch, heads ?? new Map(), value as ReadonlyMap<RoomId, number>)
      else this.#tellAccess(name, args, value)
      return [value, undefined]
    } catch (error) {
      return [undefined, error as Error]
    }
  }

  #appended(
    by: Life,
    { id, rooms }: JournalBatch,
    heads: ReadonlyMap<RoomId, number>,
    firstSeqs: ReadonlyMap<RoomId, number>,
  ) {
    this.#stored.add(id)
    for (const { roomId, entries } of rooms) {
      const firstSeq = firstSeqs.get(roomId)
      // One that was appended before says where that was.
      if (firstSeq !== (heads.get(roomId) ?? 0) + 1) continue
      this.emit('committed', { by, roomId, firstSeq, entries })
    }
  }

  #tellAccess(name: string, args: readonly unknown[], value: unknown): void {
    const [first, second] = args
    if (name === 'createRoom') this.emit('roleChanged', (first as RoomRecord).id, second as UserId, 'owner')
    if (name === 'updateRoom' && value && (value as RoomRecord).deletedAt !== null)
      this.emit('roomDeleted', first as RoomId)
    if (value !== true) return
    const { roomId, userId, role, removedAt } = first as MembershipRecord
    if (name === 'putMembership')
      this.emit('roleChanged', roomId, userId, removedAt === null && role ? role : undefined)
    if (name === 'removeMembership') this.emit('roleChanged', roomId, userId, undefined)
  }
}
