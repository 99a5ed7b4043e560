import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Registry } from 'prom-client'
import serverPackage from '../../package.json' with { type: 'json' }
import type { Journal } from '../core/documents/journal.ts'
import type { ReadableMetrics } from '../http/metrics-route.ts'
import type { Answered } from '../http/request-log.ts'
import type { InstanceBus } from '../ports/instance-bus.ts'
import type { RoomHost } from '../sync/room-host.ts'
import type { SyncEvents } from '../sync/sync-events.ts'
import type { SyncServer } from '../sync/sync-server.ts'
import { declareMetrics, type DeclaredMetrics } from './declare-metrics.ts'

/** How often the event loop is asked whether it is late; what is in time counts as so much, too. */
const LOOP_RESOLUTION_MS = 20
/** Node reads others only when it is built for them; whoever sends one of its thirty is none of ours. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** What is watched. */
export interface MetricsSources {
  readonly journal: Journal
  readonly syncEvents: SyncEvents
  readonly host: Pick<RoomHost, 'size' | 'sessions' | 'waitingCount'>
  readonly sync: Pick<SyncServer, 'socketCount'>
  /** Undefined without other instances. */
  readonly bus: Pick<InstanceBus, 'isUp'> | undefined
  readonly isReady: () => Promise<boolean>
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Counts what happens, and looks at what is when it is read. Not by prom-client's own metrics: they read `/proc` while
 * everybody waits, and list every socket.
 */
export class Metrics implements ReadableMetrics {
  readonly #registry = new Registry()
  readonly #declared = declareMetrics(this.#registry)
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  readonly #sources: MetricsSources
  #cpu = { user: 0, system: 0 }

  constructor(sources: MetricsSources) {
    this.#sources = sources
    countEvents(this.#declared, sources)
    this.#declared.buildInfo.set({ version: serverPackage.version, node: process.version }, 1)
    this.#declared.startTime.set((Date.now() - performance.now()) / 1000)
    this.#loop.enable()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** A request was answered. */
  readonly answered = ({ method, route, status, ms, code }: Answered): void => {
    const { request, requestsRefused } = this.#declared
    const labels = { route, method: METHODS.has(method) ? method : 'other', status: `${Math.floor(status / 100)}xx` }
    request.observe(labels, ms / 1000)
    if (code !== undefined) requestsRefused.inc({ code })
  }

  /** Everything, in Prometheus' text format. */
  async read(): Promise<string> {
    await this.#look()
    return await this.#registry.metrics()
  }

  async #look(): Promise<void> {
    const { journal, host, sync, bus, isReady, now } = this.#sources
    const metrics = this.#declared
    metrics.ready.set(Number(await isReady()))
    metrics.sockets.set(sync.socketCount)
    metrics.rooms.set(host.size)
    let stays = 0
    for (const _ of host.sessions()) stays += 1
    metrics.stays.set(stays)
    metrics.staysWaiting.set(host.waitingCount)
    metrics.pendingUpdates.set(journal.pendingCount)
    metrics.pendingBytes.set(journal.pendingBytes)
    const since = journal.pendingSince
    metrics.oldest.set(since === undefined ? 0 : Math.max(0, now() - since) / 1000)
    metrics.storeFailing.set(Number(journal.failing))
    metrics.failingRooms.set(journal.failingRoomCount)
    if (bus) metrics.redisUp.set(Number(bus.isUp))
    else metrics.redisUp.remove()
    this.#lookAtProcess()
  }

  #lookAtProcess(): void {
    const metrics = this.#declared
    const { rss, heapUsed, external } = process.memoryUsage()
    metrics.residentMemory.set(rss)
    metrics.heapUsed.set(heapUsed)
    metrics.externalMemory.set(external)
    const cpu = process.cpuUsage()
    for (const mode of ['user', 'system'] as const) metrics.cpu.inc({ mode }, (cpu[mode] - this.#cpu[mode]) / 1e6)
    this.#cpu = cpu
    metrics.eventLoopP99.set(lateSeconds(this.#loop.percentile(99)))
    metrics.eventLoopMax.set(lateSeconds(this.#loop.max))
    this.#loop.reset()
  }
}

function countEvents(metrics: DeclaredMetrics, { journal, syncEvents }: MetricsSources): void {
  journal.on('stored', ({ updates, bytes, ms }) => {
    metrics.commit.observe(ms / 1000)
    metrics.commitBytes.observe(bytes)
    metrics.commitUpdates.observe(updates)
  })
  syncEvents.on('editTaken', () => metrics.edits.inc())
  syncEvents.on('acknowledged', (ms) => metrics.acknowledgement.observe(ms / 1000))
  syncEvents.on('editRefused', (reason, rule) => metrics.editsRefused.inc({ reason, rule: rule ?? 'none' }))
  syncEvents.on('connectionRefused', (reason) => metrics.connectionsRefused.inc({ reason }))
  syncEvents.on('stayEnded', ({ reason }) => metrics.staysEnded.inc({ reason }))
  syncEvents.on('gapHealed', () => metrics.gapsHealed.inc())
  syncEvents.on('recordSetAside', () => metrics.setAside.inc())
}

/** Before the first look, and when nothing was measured, there is no number. */
function lateSeconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LOOP_RESOLUTION_MS / 1000) : 0
}
