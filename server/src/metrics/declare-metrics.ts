import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** From what nobody notices to what everybody does, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** A commit has 1 MB at most, but for a single edit that is larger. */
const BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 8_388_608]
const UPDATES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500]

/**
 * Everything that is measured, with what it means. No label may hold a room, a user or an address: of each label there are
 * as many values as the code has.
 */
export function declareMetrics(registry: Registry) {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name: `sketchroom_${name}`, help, registers })
  const counter = (name: string, help: string) => new Counter({ name: `sketchroom_${name}`, help, registers })
  const counterBy = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `sketchroom_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `sketchroom_${name}`, help, buckets, registers })

  return {
    buildInfo: new Gauge({
      name: 'sketchroom_build_info',
      help: 'Always 1; the labels say which version runs, on which Node.',
      labelNames: ['version', 'node'] as const,
      registers,
    }),
    ready: gauge(
      'ready',
      'Whether /ready says so: 1, or 0 before it serves, while the store fails and while it stops.',
    ),

    sockets: gauge('sockets', 'Open WebSockets.'),
    rooms: gauge('rooms', 'Rooms in memory.'),
    stays: gauge('stays', 'Stays in rooms; one socket may be in several.'),
    staysWaiting: gauge('stays_waiting', 'Stays of which messages wait for their turn.'),
    staysEnded: counterBy(
      'stays_ended_total',
      'Stays that ended: by the client, by a broken line, or by an error.',
      'reason',
    ),
    connectionsRefused: counterBy(
      'connections_refused_total',
      'Connections, WebSockets and attempts to come into a room that were turned away, by error code.',
      'reason',
    ),

    edits: counter('edits_total', 'Edits of clients that were taken into their rooms.'),
    editsRefused: counterBy(
      'edits_refused_total',
      'Edits that were not taken, by reason, and by rule of the gate where one was broken.',
      'reason',
      'rule',
    ),
    acknowledgement: histogram(
      'acknowledgement_seconds',
      'From the arrival of an edit to its answer, which says that it is stored.',
      SECONDS,
    ),

    commit: histogram('commit_seconds', 'How long the store took for a commit that succeeded.', SECONDS),
    commitBytes: histogram('commit_bytes', 'Bytes of the updates in a commit.', BYTES),
    commitUpdates: histogram('commit_updates', 'Updates in a commit.', UPDATES),
    pendingUpdates: gauge('journal_pending_updates', 'Updates that are not stored yet.'),
    pendingBytes: gauge('journal_pending_bytes', 'Memory that is held for updates that are not stored yet.'),
    oldest: gauge('journal_oldest_seconds', 'How long the oldest of them has been waiting.'),
    storeFailing: gauge('store_failing', 'Whether nothing can be stored now.'),
    failingRooms: gauge('rooms_failing', 'Rooms whose edits cannot be stored though those of others can.'),
    gapsHealed: counter(
      'gaps_healed_total',
      'How often edits of another instance were read from the store, since they had not come through Redis.',
    ),
    setAside: counter(
      'records_quarantined_total',
      'Records that were set aside, since they could not be read or applied.',
    ),
    redisUp: gauge('redis_up', 'Whether other instances can be heard through Redis; absent without REDIS_URL.'),

    request: new Histogram({
      name: 'sketchroom_http_request_seconds',
      help: 'From a request to its answer, by the pattern of its path, method and class of status.',
      labelNames: ['route', 'method', 'status'] as const,
      buckets: SECONDS,
      registers,
    }),
    requestsRefused: counterBy('http_refused_total', 'Requests that were answered with an error, by its code.', 'code'),

    eventLoopP99: gauge(
      'event_loop_delay_p99_seconds',
      'How late the event loop was, 99 times of 100 at most, since this was last read.',
    ),
    eventLoopMax: gauge(
      'event_loop_delay_max_seconds',
      'How late the event loop was at worst since this was last read.',
    ),
    cpu: counterBy('process_cpu_seconds_total', 'Time of the processor, with that of the threads.', 'mode'),
    residentMemory: gauge('process_resident_memory_bytes', 'Memory of the process, with all its threads.'),
    heapUsed: gauge('process_heap_used_bytes', "What JavaScript's heap holds, of the main thread."),
    externalMemory: gauge(
      'process_external_memory_bytes',
      'Memory that JavaScript holds outside of its heap, such as buffers.',
    ),
    startTime: gauge('process_start_time_seconds', 'When the process was started, in seconds since 1970.'),
  }
}

/** The metrics as they were declared. */
export type DeclaredMetrics = ReturnType<typeof declareMetrics>
