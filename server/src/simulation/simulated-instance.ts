import { setTimeout as after } from 'node:timers/promises'
import { CLOSE_CODES } from '@sketchroom/shared/protocol/close-codes'
import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import { RedisBus } from '../adapters/redis/redis-bus.ts'
import { createOutageGuard } from '../adapters/sql/outages.ts'
import { parseConfig } from '../config.ts'
import { createAccounts, type Accounts } from '../core/accounts/accounts.ts'
import { ACCESS_TOKEN_SECONDS, createTokens, type Tokens } from '../core/accounts/tokens.ts'
import * as compactionWorker from '../core/documents/compaction-worker.ts'
import { Compaction, type CompactionThreads } from '../core/documents/compaction.ts'
import { drain, flushInTime } from '../core/documents/drain.ts'
import { Journal } from '../core/documents/journal.ts'
import { relayEvents } from '../core/event-relay.ts'
import { EventBus } from '../core/events.ts'
import { AccessEpochs } from '../core/rooms/access-epochs.ts'
import { createAdmission } from '../core/rooms/admission.ts'
import { createMembers, type Members } from '../core/rooms/members.ts'
import { createRoomQuota } from '../core/rooms/room-quota.ts'
import { createRooms, type Rooms } from '../core/rooms/rooms.ts'
import { AccessWatch } from '../sync/access-watch.ts'
import { FrameBuilder, FrameWriter } from '../sync/frame-writer.ts'
import type { Watch } from '../sync/hang-watch.ts'
import type { Watched } from '../sync/hosted-room.ts'
import { IncomingBytes } from '../sync/incoming-bytes.ts'
import { LargeReads } from '../sync/large-reads.ts'
import { RoomHost } from '../sync/room-host.ts'
import { hocuspocusDialect } from '../sync/sync-dialect.ts'
import { SyncEvents } from '../sync/sync-events.ts'
import { SyncSocket } from '../sync/sync-socket.ts'
import { UnhandledBytes } from '../sync/unhandled-bytes.ts'
import type { PlantedBug } from './planted-bugs.ts'
import type { Person } from './simulated-client.ts'
import type { Stores } from './simulated-database.ts'
import type { SimulatedLine } from './simulated-line.ts'
import type { SimulatedRedis } from './simulated-redis.ts'
import type { Life } from './virtual-time.ts'

const SECRET = 'a secret that only the simulation knows'
const CONFIG = parseConfig({ JWT_SECRET: SECRET })
/** The same times as in `compose.ts`, and as many slices as in `SyncServer`. */
const ACKNOWLEDGE_MS = 2_000
const HAND_OVER_MS = 3_000
const DRAIN_MS = 8_000

/** What an instance is put together from. */
export interface InstanceParts {
  readonly redis: SimulatedRedis
  readonly connectDatabase: (life: Life) => Stores
  readonly log: Logger
  readonly bug: PlantedBug | undefined
}

/** One process, put together as `compose.ts` does, of everything between the frames of a socket and the ports. */
export class SimulatedInstance {
  readonly life: Life
  readonly host: RoomHost
  readonly members: Members
  readonly rooms: Rooms
  readonly accounts: Accounts
  readonly tokens: Tokens
  readonly compaction: Compaction
  /** Whether it takes those who come. */
  isReady = true
  readonly #parts: InstanceParts
  readonly #journal: Journal
  readonly #bus: RedisBus
  readonly #watch: AccessWatch
  readonly #lines = new Map<SimulatedLine, SyncSocket>()
  readonly #frames = new FrameBuilder()
  readonly #unhandled = new UnhandledBytes(CONFIG.clientLimits.unhandledBytes)
  readonly #largeReads = new LargeReads()

  /** To be called in the name of the life that it is given. */
  constructor(life: Life, parts: InstanceParts) {
    this.life = life
    this.#parts = parts
    const { redis, log, bug } = parts
    const now = Date.now
    const stores = parts.connectDatabase(life)
    const stored = bug?.documents?.(stores.documents) ?? stores.documents
    const guard = createOutageGuard()
    const [accountsStore, store, documents] = [guard(stores.accounts), guard(stores.rooms), guard(stored)]
    const events = new EventBus()
    const epochs = new AccessEpochs(events)
    this.#bus = new RedisBus({ url: 'redis://simulated', prefix: 'simulated', log, connect: redis.connectorOf(life) })
    bug?.bus?.(this.#bus)
    relayEvents(events, this.#bus)
    this.tokens = createTokens({ secret: SECRET, now })
    const passwords = { hash: unexpected, verify: unexpected, close: unexpected }
    const { tokens } = this
    this.accounts = createAccounts({
      store: accountsStore,
      roomStore: store,
      documents,
      tokens,
      passwords,
      now,
      events,
    })
    const asking = createAdmission({ accounts: this.accounts, store, accountsStore, epochs, allowedOrigins: [], now })
    const admission = bug?.admission?.(asking, epochs) ?? asking
    this.#journal = new Journal(stored)
    const reportDamaged = () => {
      throw new Error('a record is damaged')
    }
    this.compaction = new Compaction({ store: stored, reportDamaged, threads: createThreads() })
    this.host = new RoomHost({
      admission,
      epochs,
      store: documents,
      journal: this.#journal,
      bus: this.#bus,
      hasOthers: true,
      compaction: this.compaction,
      reportDamaged,
      events: new SyncEvents(),
      boardLimits: CONFIG.boardLimits,
      loadedBytes: CONFIG.loadedBytes,
      limits: CONFIG.clientLimits,
      log,
      now,
      hangs: createWatch(),
    })
    const { host } = this
    this.#watch = new AccessWatch({ host, admission, epochs, events, bus: this.#bus, hearsOthers: true, log, now })
    const quota = createRoomQuota({ store, accountsStore, ...CONFIG.roomQuota, now })
    this.rooms = createRooms({ store, quota, presence: host, events, now })
    this.members = createMembers({ store, accountsStore, presence: host, events, now })
  }

  /** A token that lasts for so long. */
  mintToken({ userId, sessionId }: Pick<Person, 'userId' | 'sessionId'>, lastsMs: number): string {
    const now = () => Date.now() - ACCESS_TOKEN_SECONDS * 1_000 + lastsMs
    return createTokens({ secret: SECRET, now }).mintAccess(userId, sessionId)
  }

  /** Somebody has come: what `SyncServer` does with an upgrade. */
  accept(line: SimulatedLine, address: string): void {
    const { asWebSocket: socket } = line.socket
    const { asSocket: stream } = line.stream
    const incoming = new IncomingBytes({
      webSocket: socket,
      stream,
      address,
      limits: CONFIG.clientLimits.messages,
      unhandled: this.#unhandled,
      largeReads: this.#largeReads,
    })
    const syncSocket = new SyncSocket({
      socket,
      stream,
      writer: new FrameWriter(stream, this.#frames),
      dialect: hocuspocusDialect,
      host: this.host,
      approach: { origin: undefined, host: 'simulated', tokenInUrl: false },
      reader: CONFIG.clientLimits.reader,
      incoming,
      log: this.#parts.log,
    })
    this.#lines.set(line, syncSocket)
    socket.once('close', () => this.#lines.delete(line))
  }

  /** Dies at once: nothing that it has begun goes on here, and its lines are cut. */
  kill(): void {
    this.isReady = false
    this.life.isOver = true
    this.#parts.redis.forget(this.life)
    for (const line of this.#lines.keys()) line.cut()
  }

  /** Stops as TERM has it stop: the parts in the order of `compose.ts`. */
  async stop(): Promise<void> {
    this.isReady = false
    await flushInTime(this.#journal, ACKNOWLEDGE_MS)
    const sockets = [...this.#lines.values()]
    for (const socket of sockets) {
      socket.close(CLOSE_CODES.shuttingDown, 'shutting_down')
      await after(HAND_OVER_MS / 20)
    }
    await Promise.race([this.host.close(), after(2_000)])
    await drain(this.#journal, DRAIN_MS).catch(() => undefined)
    this.#watch.close()
    await this.#bus.close()
    await this.compaction.close()
    this.kill()
  }

  /** What a room's awareness says on this instance, by awareness client; undefined when the room is not in memory. */
  cursorsIn(roomId: RoomId): number[] | undefined {
    const document = this.host.hocuspocus.documents.get(roomId)
    return document && [...document.awareness.getStates().keys()]
  }
}

function unexpected(): never {
  throw new Error('nobody has a password here')
}

/** Without another thread nobody is stopped; who may hang is given a turn all the same. */
function createWatch(): Watch<Watched> {
  return {
    next: (callback) => void setImmediate(callback),
    run: (_work, act) => act(),
    turn: (_work, act) =>
      new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            resolve(act())
          } catch (error) {
            reject(error)
          }
        })
      }),
    close: async () => undefined,
  }
}

/** The threads' work, done here a moment later. */
function createThreads(): CompactionThreads {
  const { default: compact, cut, measure, findDeleted } = compactionWorker
  const functions: Readonly<Record<string, unknown>> = { default: compact, cut, measure, findDeleted }
  return {
    async run(task: unknown, { name = 'default' }: { name?: string | null } = {}) {
      await after(20)
      return (functions[name ?? 'default'] as (task: unknown) => unknown)(task)
    },
    destroy: async () => undefined,
  }
}
