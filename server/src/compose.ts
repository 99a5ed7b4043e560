import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { lockDataDir } from './adapters/sql/data-dir-lock.ts'
import { openPair } from './adapters/sql/open-pair.ts'
import { SqlAccountsStore } from './adapters/sql/sql-accounts-store.ts'
import { SqlDocumentStore } from './adapters/sql/sql-document-store.ts'
import { SqlRoomStore } from './adapters/sql/sql-room-store.ts'
import { openSqlite } from './adapters/sql/sqlite-database.ts'
import type { Config } from './config.ts'
import { createAccounts } from './core/accounts/accounts.ts'
import { EventBus } from './core/events.ts'
import { Compaction } from './core/documents/compaction.ts'
import { drain, flushInTime } from './core/documents/drain.ts'
import { Journal } from './core/documents/journal.ts'
import { createMembers } from './core/rooms/members.ts'
import { createPasswords } from './core/accounts/passwords.ts'
import { createRoomEntry } from './core/rooms/room-entry.ts'
import { RoomTouches } from './core/rooms/room-touches.ts'
import { createRooms } from './core/rooms/rooms.ts'
import { createTokens } from './core/accounts/tokens.ts'
import { createHealth } from './health.ts'
import { createHttpApp } from './http/app.ts'
import { HttpListener } from './http/http-listener.ts'
import { DEFAULT_LIMITS, type HttpLimits } from './http/rate-limits.ts'
import { Lifecycle, type Part } from './lifecycle.ts'
import type { DocumentStore } from './ports/document-store.ts'
import { loadSecret } from './secret.ts'
import { AccessWatch } from './sync/access-watch.ts'
import { createDoorkeeper } from './sync/doorkeeper.ts'
import { RoomHost } from './sync/room-host.ts'
import { SyncServer } from './sync/sync-server.ts'
import { watchStore } from './sync/watch-store.ts'

/** What stopping may take in all: more than its parts together. */
export const STOP_DEADLINE_MS = 15_000
/** How long requests under way are waited for. */
const ANSWER_MS = 3_000
/** How long the sockets stay open for acknowledgements that are due. */
const ACKNOWLEDGE_MS = 2_000
/** How long the journal may wait for a store that fails. */
const DRAIN_MS = 8_000

/** A whole server, not yet started. */
export interface App {
  readonly lifecycle: Lifecycle
  /** How many rooms are in memory. */
  roomCount(): number
}

/** What a caller may put in place of the usual. */
export interface ComposeOptions {
  /** The built client; none is served without. */
  readonly clientDir?: string
  /** Stands between the journal and the store: for measuring, and for tests of failing stores. */
  readonly wrapDocumentStore?: (store: DocumentStore) => DocumentStore
  /** How often one address may sign in and the like; load tests need more. */
  readonly limits?: HttpLimits
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number
}

/** The one place where everything is put together. Opens the database, listens on nothing yet. */
export async function compose(config: Config, log: Logger, options: ComposeOptions = {}): Promise<App> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const file = join(config.dataDir, 'sketchroom.db')
  const secret = config.jwtSecret ?? (await loadSecret(config.dataDir))
  // Two connections, so that a long list never stands in the way of the journal.
  const unlock = lockDataDir(config.dataDir)
  const [main, documents] = await openPair(() => openSqlite({ file, synchronous: config.sqliteSynchronous })).catch(
    (error: unknown) => {
      unlock()
      throw error
    },
  )

  const sqlDocuments = new SqlDocumentStore(documents)
  const documentStore = options.wrapDocumentStore?.(sqlDocuments) ?? sqlDocuments
  const accountsStore = new SqlAccountsStore(main.db)
  const roomStore = new SqlRoomStore(main)

  const now = options.now ?? Date.now
  const events = new EventBus()
  const tokens = createTokens({ secret, now })
  const passwords = createPasswords({ threads: 1 })
  const accounts = createAccounts({ store: accountsStore, roomStore, tokens, passwords, now, events })
  const entry = createRoomEntry({ store: roomStore, accountsStore, tokens, now })

  const journal = new Journal(documentStore)
  const compaction = new Compaction({ store: documentStore, journal })
  const doorkeeper = createDoorkeeper({ accounts, entry, allowedOrigins: config.allowedOrigins })
  const host = new RoomHost({ doorkeeper, store: documentStore, journal, compaction, log })
  watchStore({ host, journal, compaction, log })
  const watch = new AccessWatch({ host, entry, events, log, now })
  const sync = new SyncServer({ host, log, trustProxy: config.trustProxy })
  const touches = new RoomTouches({ journal, store: roomStore, log })

  // Not by the clock on the wall: set back, it would make one answer last for hours.
  const health = createHealth({ journal, store: documentStore, now: () => performance.now() })
  const httpApp = createHttpApp({
    accounts,
    rooms: createRooms({ store: roomStore, presence: host, events, now }),
    members: createMembers({ store: roomStore, accountsStore, presence: host, events, now }),
    entry,
    config: { ...config, ...(options.clientDir === undefined ? {} : { clientDir: options.clientDir }) },
    logger: log,
    health,
    limits: options.limits ?? DEFAULT_LIMITS,
  })
  const handle = httpApp.callback()
  const server = createServer((request, response) => void handle(request, response))
  const listener = new HttpListener(server)
  sync.attach(server)

  const parts: Part[] = [
    { name: 'data directory', stop: unlock },
    { name: 'database', stop: () => Promise.all([main.close(), documents.close()]).then(() => undefined) },
    { name: 'passwords', stop: () => passwords.close() },
    { name: 'room touches', stop: () => touches.close() },
    { name: 'access watch', stop: () => watch.close() },
    { name: 'journal', stop: () => drain(journal, DRAIN_MS) },
    { name: 'rooms', stop: () => host.close() },
    { name: 'sockets', stop: () => sync.closeSockets() },
    // Before the goodbye too, so that clients hear the acknowledgements that are due to them.
    { name: 'acknowledgements', stop: () => sendAcknowledgements(journal, log) },
    { name: 'http', start: () => listener.open(config), stop: () => closeHttp(listener, log) },
    { name: 'upgrades', stop: () => sync.refuseUpgrades() },
    { name: 'readiness', start: () => health.setServing(true), stop: () => health.setServing(false) },
  ]
  return { lifecycle: new Lifecycle(parts, log), roomCount: () => host.rooms.size }
}

async function closeHttp(listener: HttpListener, log: Logger): Promise<void> {
  if (!(await listener.close(ANSWER_MS))) log.warn({ answerMs: ANSWER_MS }, 'requests that took too long were cut off')
}

/** Only a courtesy, so that it never fails: what is not acknowledged now, clients send again. */
async function sendAcknowledgements(journal: Journal, log: Logger): Promise<void> {
  if (await flushInTime(journal, ACKNOWLEDGE_MS)) return
  log.warn({ pendingUpdates: journal.pendingCount }, 'sockets are closed before all acknowledgements could be sent')
}
