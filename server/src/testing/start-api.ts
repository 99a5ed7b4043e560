import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AuthPolicy } from '@sketchroom/shared/api/auth'
import { roomIdSchema } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { pino } from 'pino'
import { MemoryAccountsStore } from '../adapters/memory/memory-accounts-store.ts'
import { MemoryDocumentStore } from '../adapters/memory/memory-document-store.ts'
import { MemoryRoomStore } from '../adapters/memory/memory-room-store.ts'
import { createAccounts } from '../core/accounts/accounts.ts'
import { EventBus } from '../core/events.ts'
import { createMembers } from '../core/rooms/members.ts'
import { createPasswords } from '../core/accounts/passwords.ts'
import { AccessEpochs } from '../core/rooms/access-epochs.ts'
import { createAdmission } from '../core/rooms/admission.ts'
import { createRoomQuota } from '../core/rooms/room-quota.ts'
import { createRoomTokens } from '../core/rooms/room-tokens.ts'
import { createRooms } from '../core/rooms/rooms.ts'
import { createTokens } from '../core/accounts/tokens.ts'
import { createHttpApp, type HttpConfig } from '../http/app.ts'
import type { HttpLimits, Limit } from '../http/rate-limits.ts'
import type { RoomId } from '@sketchroom/shared/ids'
import type { AccountsStore } from '../ports/accounts-store.ts'
import type { RoomStore } from '../ports/room-store.ts'

const FAR: Limit = { points: 1_000_000, seconds: 60 }
/** Limits that no test runs into. */
export const FAR_LIMITS: HttpLimits = {
  guest: FAR,
  credentials: FAR,
  refresh: FAR,
  failures: FAR,
  addressFailures: FAR,
  accountFailures: FAR,
  failuresUnderAttack: FAR,
  writes: FAR,
  addressWrites: FAR,
}

const FAR_QUOTA = { perAccount: 1_000_000, perGuest: 1_000_000 }

/** What a test may want otherwise: stores, limits, configuration, the clock. */
export interface ApiOptions {
  readonly accountsStore?: AccountsStore
  readonly roomStore?: RoomStore
  readonly limits?: Partial<HttpLimits>
  readonly roomQuota?: { perAccount: number; perGuest: number }
  readonly config?: Partial<HttpConfig>
  readonly policy?: AuthPolicy
  readonly now?: () => number
}

/** A running HTTP server over memory stores, with real tokens and real (if cheap) password hashes. */
export type TestApi = Awaited<ReturnType<typeof startApi>>

/** Starts the HTTP side on a free port of 127.0.0.1. `close` stops it and its worker threads. */
export async function startApi(options: ApiOptions = {}) {
  const store = options.roomStore ?? new MemoryRoomStore()
  const accountsStore = options.accountsStore ?? new MemoryAccountsStore()
  const now = options.now ?? Date.now
  const events = new EventBus()
  const tokens = createTokens({ secret: 'a secret that only the tests know', now })
  const passwords = createPasswords({ threads: 1, cost: 4 })
  const present: PresenceUser[] = []
  const presence = { present: async (ids: readonly RoomId[]) => new Map(ids.map((id) => [id, present])) }
  const health = { isReady: true, failing: false }
  const logLines: string[] = []

  const documents = new MemoryDocumentStore()
  const accounts = createAccounts({
    store: accountsStore,
    roomStore: store,
    documents,
    tokens,
    passwords,
    events,
    now,
    ...(options.policy && { policy: options.policy }),
  })
  const quota = createRoomQuota({ store, accountsStore, ...(options.roomQuota ?? FAR_QUOTA), now })
  const rooms = createRooms({ store, quota, presence, events, now })
  const members = createMembers({ store, accountsStore, presence, events, now })
  const roomTokens = createRoomTokens({ store, accountsStore, tokens })
  const epochs = new AccessEpochs(events)
  const admission = createAdmission({ accounts, store, accountsStore, epochs, allowedOrigins: [], now })
  const approach = { origin: undefined, host: 'board.example', tokenInUrl: false }
  const app = createHttpApp({
    accounts,
    rooms,
    members,
    roomTokens,
    devices: tokens,
    limits: { ...FAR_LIMITS, ...options.limits },
    now,
    health: {
      ready: async () => health.isReady,
      report: async () => ({ status: health.failing ? 'failing' : 'ok', store: 'memory' }),
    },
    config: {
      publicUrl: new URL('http://board.example'),
      allowedOrigins: ['http://board.example'],
      trustProxy: 0,
      ...options.config,
    },
    logger: pino({ level: 'info' }, { write: (line: string) => logLines.push(line) }),
  })
  const answer = app.callback()
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    origin: `http://127.0.0.1:${port}`,
    accounts,
    rooms,
    /** Lets somebody into a room, as their connection would. */
    enter: (accessToken: string, roomId: string) => admission.admit(accessToken, roomIdSchema.parse(roomId), approach),
    events,
    tokens,
    present,
    health,
    logLines,
    async close(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await passwords.close()
    },
  }
}
