import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createLoneInstance } from './adapters/memory/lone-instance.ts'
import { RedisBus } from './adapters/redis/redis-bus.ts'
import { createRedisLimiter } from './adapters/redis/redis-rate-limiter.ts'
import { lockDataDir } from './adapters/sql/data-dir-lock.ts'
import { SqlAccountsStore } from './adapters/sql/sql-accounts-store.ts'
import { SqlAdminStore } from './adapters/sql/sql-admin-store.ts'
import { SqlBlockStore } from './adapters/sql/sql-block-store.ts'
import { SqlRoomStore } from './adapters/sql/sql-room-store.ts'
import { openStorage, type StoragePlace } from './adapters/sql/open-storage.ts'
import { createOutageGuard } from './adapters/sql/outages.ts'
import type { SqlStorage } from './adapters/sql/sql-database.ts'
import type { Config } from './config.ts'
import { createAccounts } from './core/accounts/accounts.ts'
import { createSessions } from './core/accounts/sessions.ts'
import { AddressBlocks } from './core/admin/address-blocks.ts'
import { createAdminLists } from './core/admin/admin-lists.ts'
import { createAdministration } from './core/admin/administration.ts'
import { StorageSurvey } from './core/admin/storage-survey.ts'
import { relayEvents } from './core/event-relay.ts'
import { EventBus } from './core/events.ts'
import { Compaction } from './core/documents/compaction.ts'
import { drain, flushInTime } from './core/documents/drain.ts'
import { Journal } from './core/documents/journal.ts'
import type { ReportDamaged } from './core/documents/load-room.ts'
import { Housekeeping } from './core/housekeeping.ts'
import { createMembers } from './core/rooms/members.ts'
import { createPasswords } from './core/accounts/passwords.ts'
import { AccessEpochs } from './core/rooms/access-epochs.ts'
import { createAdmission } from './core/rooms/admission.ts'
import { rememberAdmissions } from './core/rooms/remembered-admission.ts'
import { createRoomQuota } from './core/rooms/room-quota.ts'
import { createRoomTokens } from './core/rooms/room-tokens.ts'
import { RoomTouches } from './core/rooms/room-touches.ts'
import { createRooms } from './core/rooms/rooms.ts'
import { createTokens } from './core/accounts/tokens.ts'
import { prepareDataDir } from './data-dir.ts'
import { createHealth } from './health.ts'
import { createHttpApp } from './http/app.ts'
import { createHttpServer, HttpListener, limitConnections } from './http/http-listener.ts'
import { answerMetrics } from './http/metrics-route.ts'
import type { CreateLimiter, HttpLimits } from './http/rate-limits.ts'
import { traceRequests } from './http/request-trace.ts'
import { Lifecycle, type Part } from './lifecycle.ts'
import { Metrics } from './metrics/metrics.ts'
import type { DocumentStore } from './ports/document-store.ts'
import type { Tracing } from './ports/tracing.ts'
import type { RoomStore } from './ports/room-store.ts'
import { publicPath } from './public-path.ts'
import { loadSecret } from './secret.ts'
import type { StartStep } from './start-failure.ts'
import { AccessWatch } from './sync/access-watch.ts'
import { AddressLimit } from './sync/address-limit.ts'
import { RoomHost } from './sync/room-host.ts'
import { SyncEvents } from './sync/sync-events.ts'
import { SyncServer } from './sync/sync-server.ts'

/** How long requests under way are waited for. */
const ANSWER_MS = 3_000
/** Over how long people are sent to other instances. */
const HAND_OVER_MS = 3_000
/** How long the sockets stay open for acknowledgements that are due. */
const ACKNOWLEDGE_MS = 2_000
/** How long the journal may wait for a store that fails. */
const DRAIN_MS = 8_000
/** What a part with a deadline of its own may take beyond it. */
const GRACE_MS = 500
/** What stopping may take in all; the parts have their share of it each, so that none takes another's. */
const STOP_DEADLINE_MS = 29_000

/** A whole server, not yet started. */
export interface App {
  readonly lifecycle: Lifecycle
  /** How many rooms are in memory. */
  roomCount(): number
  /** Changes a room without a socket; see `RoomHost.edit`. */
  edit: RoomHost['edit']
}

/** What a caller may put in place of the usual. */
export interface ComposeOptions {
  /** The built client; none is served without. */
  readonly clientDir?: string
  /** Stands between the journal and the store: for measuring, and for tests of failing stores. */
  readonly wrapDocumentStore?: (store: DocumentStore) => DocumentStore
  /** Stands before the rooms' store, for tests of answers that come late. */
  readonly wrapRoomStore?: (store: RoomStore) => RoomStore
  /** How often one address may sign in and the like; load tests need more. */
  readonly limits?: HttpLimits
  /** Is told what comes next, and may take long. */
  readonly onStep?: (step: StartStep) => void
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number
  /** How long the process has run, in milliseconds, whatever the clock is set to. */
  readonly ranForMs?: () => number
}

/** The one place where everything is put together. Opens the database, listens on nothing yet. */
export async function compose(config: Config, log: Logger, options: ComposeOptions = {}): Promise<App> {
  const { dataDir, databaseUrl } = config
  options.onStep?.('data directory')
  if (databaseUrl === undefined) await prepareDataDir(dataDir)
  // Two processes on one data directory would each show people their own half; PostgreSQL gives out the numbers.
  const unlock = databaseUrl === undefined ? lockDataDir(dataDir) : () => undefined
  const place = {
    file: join(dataDir, 'sketchroom.db'),
    synchronous: config.sqliteSynchronous,
    databaseUrl,
    readUrl: config.databaseReadUrl,
    keyring: config.keyring,
  }
  const { storage, secret } = await openAll(config, place, log, options.onStep).catch((error: unknown) => {
    unlock()
    throw error
  })
  // Imported only where it is wanted: it takes as long to load as a fifth of the server.
  const tracing: Tracing | undefined =
    config.traces && new (await import('./adapters/opentelemetry/otel-tracing.ts')).OtelTracing(config.traces, log)
  const documentStore = options.wrapDocumentStore?.(storage.documentStore) ?? storage.documentStore
  const guard = createOutageGuard()
  const accountsStore = guard(new SqlAccountsStore(storage.main.db))
  const sqlRooms = new SqlRoomStore(storage.main)
  const roomStore = guard(options.wrapRoomStore?.(sqlRooms) ?? sqlRooms)
  // For whoever waits for an answer. The journal and the clean-up have their own patience.
  const askedDocuments = guard(documentStore)

  const now = options.now ?? Date.now
  const ranForMs = options.ranForMs ?? (() => performance.now())
  const events = new EventBus()
  // First among those who hear: who is judged after a change is judged by the epoch that it made.
  const epochs = new AccessEpochs(events)
  // Whoever shares a database signs with the same secret; whoever else uses the same Redis has another.
  const hasOthers = databaseUrl !== undefined
  const redis = config.redisUrl === undefined ? undefined : createRedisBus(config.redisUrl, secret, log, tracing)
  const bus = redis ?? createLoneInstance()
  relayEvents(events, bus)
  const tokens = createTokens({ secret, now })
  const passwords = createPasswords({ threads: 1 })
  const accounts = createAccounts({
    store: accountsStore,
    roomStore,
    documents: askedDocuments,
    tokens,
    passwords,
    now,
    events,
    policy: config.authPolicy,
    administrators: config.administrators,
  })
  const { allowedOrigins } = config
  const asking = createAdmission({ accounts, store: roomStore, accountsStore, epochs, allowedOrigins, now })
  // Over PostgreSQL, another process may change who may be where, and nothing here would hear of it.
  const admission = databaseUrl === undefined ? rememberAdmissions(asking, { epochs, now }) : asking

  const syncEvents = new SyncEvents()
  const reportDamaged: ReportDamaged = (record, reason) => {
    log.error({ ...record, reason }, 'a stored record cannot be read; it was set aside, and the room opens without it')
    syncEvents.emit('recordSetAside')
  }
  const journal = new Journal(documentStore, { fairBytes: config.clientLimits.unstoredBytes })
  const compaction = new Compaction({ store: documentStore, reportDamaged, now, ranForMs })
  const host = new RoomHost({
    admission,
    epochs,
    store: askedDocuments,
    journal,
    bus,
    hasOthers,
    compaction,
    reportDamaged,
    events: syncEvents,
    boardLimits: config.boardLimits,
    loadedBytes: config.loadedBytes,
    limits: config.clientLimits,
    log,
    tracing,
    now,
  })
  const hearsOthers = redis !== undefined
  const watch = new AccessWatch({ host, admission, epochs, events, bus, hearsOthers, log, now })
  const blocks = new AddressBlocks({ store: guard(new SqlBlockStore(storage.main.db)), events, log, now })
  const sync = new SyncServer({
    host,
    log,
    publicPath: publicPath(config.publicUrl),
    trustProxy: config.trustProxy,
    maxSocketsPerAddress: config.maxSocketsPerAddress,
    isBlocked: (ip) => blocks.isBlocked(ip),
    limits: config.clientLimits,
  })
  blocks.on('applied', () => sync.closeBlocked())
  const touches = new RoomTouches({ journal, store: roomStore, log })

  const housekeeping = new Housekeeping({
    documents: documentStore,
    accounts: accountsStore,
    rooms: roomStore,
    log,
    historyDays: config.historyDays,
    now,
  })

  // Not by the clock on the wall: set back, it would make one answer last for hours.
  const health = createHealth({ journal, store: documentStore, bus: redis, now: () => performance.now() })
  // Nobody counts what nobody may read.
  const metrics =
    config.metrics && new Metrics({ journal, syncEvents, host, sync, bus: redis, isReady: () => health.ready(), now })
  const metricsToken = config.metrics?.token
  const quota = createRoomQuota({ store: roomStore, accountsStore, ...config.roomQuota, now })
  // By itself: an administrator's lists that take long are no reason to tell everybody that the database is away.
  const adminStore = createOutageGuard()(new SqlAdminStore(storage.main))
  const survey = new StorageSurvey({ store: adminStore, log, now })
  const administration =
    config.administrators.size === 0
      ? undefined
      : createAdministration({
          named: config.administrators,
          lists: createAdminLists({ named: config.administrators, secret, store: adminStore, presence: host, now }),
          store: adminStore,
          accountsStore,
          sessions: createSessions({ store: accountsStore, tokens, events, now }),
          blocks,
          survey,
          dataDir: databaseUrl === undefined ? dataDir : undefined,
          log,
          now,
        })
  const httpApp = createHttpApp({
    accounts,
    rooms: createRooms({ store: roomStore, quota, presence: host, events, now }),
    members: createMembers({ store: roomStore, accountsStore, presence: host, events, now }),
    roomTokens: createRoomTokens({ store: roomStore, accountsStore, tokens }),
    config: { ...config, ...(options.clientDir === undefined ? {} : { clientDir: options.clientDir }) },
    logger: log,
    health,
    onAnswered: [...(metrics ? [metrics.answered] : []), ...(tracing ? [traceRequests(tracing)] : [])],
    administration,
    isBlocked: (ip) => blocks.isBlocked(ip),
    metrics: metrics && metricsToken !== undefined ? { metrics, token: metricsToken } : undefined,
    devices: tokens,
    limits: options.limits ?? config.limits,
    createLimiter: redis && createSharedLimiters(redis),
    now,
  })
  const handle = httpApp.callback()
  const server = createHttpServer((request, response) => void handle(request, response), config.receiving)
  // Through a proxy, everybody's connections come from its address.
  if (config.trustProxy === 0) {
    const counted = { what: 'connections', variable: 'MAX_CONNECTIONS_PER_ADDRESS' }
    limitConnections(
      server,
      new AddressLimit(config.maxConnectionsPerAddress, log, () => performance.now(), counted),
      () => syncEvents.emit('connectionRefused', 'too_many_connections'),
    )
  }
  const listener = new HttpListener(server)
  sync.attach(server)
  const metricsParts =
    metrics && config.metrics?.listen ? [listenForMetrics(metrics, config.metrics.listen, config, log)] : []

  const parts: Part[] = [
    { name: 'data directory', stop: unlock },
    // Stopped nearly last, so that a stop can be watched.
    ...metricsParts,
    ...(tracing ? [{ name: 'traces', stopWithinMs: 1_000, stop: () => tracing.close() }] : []),
    { name: 'database', stopWithinMs: 2_000, stop: () => storage.close() },
    { name: 'storage survey', stopWithinMs: 100, stop: () => survey.close() },
    { name: 'address blocks', stopWithinMs: 100, start: () => blocks.start(), stop: () => blocks.close() },
    { name: 'housekeeping', stopWithinMs: 1_000, start: () => housekeeping.start(), stop: () => housekeeping.stop() },
    { name: 'passwords', stop: () => passwords.close() },
    { name: 'compaction', stop: () => compaction.close() },
    { name: 'room touches', stopWithinMs: 1_000, stop: () => touches.close() },
    { name: 'other instances', stopWithinMs: 300, stop: () => bus.close() },
    { name: 'access watch', stop: () => watch.close() },
    { name: 'journal', stopWithinMs: DRAIN_MS + GRACE_MS, stop: () => drain(journal, DRAIN_MS) },
    { name: 'rooms', stopWithinMs: 2_000, stop: () => host.close() },
    {
      name: 'sockets',
      stopWithinMs: HAND_OVER_MS + 1_000 + GRACE_MS,
      // Where there is nobody else to go to, people are to wait as shortly as can be.
      stop: () => sync.closeSockets(redis ? HAND_OVER_MS : 0),
    },
    // Before the goodbye too, so that clients hear the acknowledgements that are due to them.
    {
      name: 'acknowledgements',
      stopWithinMs: ACKNOWLEDGE_MS + GRACE_MS,
      stop: () => sendAcknowledgements(journal, log),
    },
    {
      name: 'http',
      stopWithinMs: ANSWER_MS + GRACE_MS,
      start: () => listener.open(config),
      stop: () => closeHttp(listener, log),
    },
    { name: 'upgrades', stopWithinMs: 100, stop: () => sync.refuseUpgrades() },
    {
      name: 'readiness',
      stopWithinMs: 100,
      start: () => health.setServing(true),
      stop: () => health.setServing(false),
    },
  ]
  return {
    lifecycle: new Lifecycle(parts, log, STOP_DEADLINE_MS),
    roomCount: () => host.size,
    edit: (roomId, author, change) => host.edit(roomId, author, change),
  }
}

function createRedisBus(url: string, secret: string, log: Logger, tracing: Tracing | undefined): RedisBus {
  const installation = createHash('sha256').update(`the channels of ${secret}`).digest('base64url').slice(0, 8)
  return new RedisBus({ url, prefix: `sketchroom-${installation}`, log, tracing })
}

/** What one person or address may do is counted once for all instances. */
function createSharedLimiters({ pub, configuration }: RedisBus): CreateLimiter {
  return (name, { points, seconds }) =>
    createRedisLimiter(pub, `${configuration.prefix}:limit:${name}`, { points, duration: seconds })
}

/** The secret comes second: a wrong key is told by what is stored, before anything is encrypted by it. */
async function openAll(
  config: Config,
  place: StoragePlace,
  log: Logger,
  onStep: ComposeOptions['onStep'],
): Promise<{ storage: SqlStorage; secret: string }> {
  onStep?.('database')
  const storage = await openStorage(place, log)
  onStep?.('data directory')
  try {
    return { storage, secret: config.jwtSecret ?? (await loadSecret(config.dataDir, config.keyring)) }
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** Whoever reads the metrics may be cut off: they come again. */
function listenForMetrics(metrics: Metrics, at: { port: number; host: string }, config: Config, log: Logger): Part {
  const listener = new HttpListener(createHttpServer(answerMetrics(metrics, log), config.receiving))
  return {
    name: 'metrics',
    stopWithinMs: 200,
    start: () => listener.open(at),
    stop: async () => void (await listener.close(0)),
  }
}

async function closeHttp(listener: HttpListener, log: Logger): Promise<void> {
  if (!(await listener.close(ANSWER_MS))) log.warn({ answerMs: ANSWER_MS }, 'requests that took too long were cut off')
}

/** Only a courtesy, so that it never fails: what is not acknowledged now, clients send again. */
async function sendAcknowledgements(journal: Journal, log: Logger): Promise<void> {
  if (await flushInTime(journal, ACKNOWLEDGE_MS)) return
  log.warn({ pendingUpdates: journal.pendingCount }, 'sockets are closed before all acknowledgements could be sent')
}
