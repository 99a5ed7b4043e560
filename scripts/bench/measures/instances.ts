import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import * as Y from 'yjs'
import { RawClient } from '../../../server/src/testing/raw-client.ts'
import { startTestPostgres, type TestPostgres } from '../../../server/src/testing/test-postgres.ts'
import { startTestRedis } from '../../../server/src/testing/test-redis.ts'
import type { Goal } from '../goals.ts'
import type { RoomAddress } from '../peers/peer-calls.ts'
import type { PeerId } from '../peers/peers.ts'
import { startServer, startSketchroom, type RunningServer } from '../peers/running-server.ts'
import { readProcessorMicros } from '../peers/process-figures.ts'
import type { Measure } from '../results.ts'
import { median } from '../statistics.ts'
import { untilQuiet, type Stage } from '../stage.ts'

const INSTANCES = 3
/** Half of them are deleted again, one by one: some 500 KB, and a delete set of as many ranges. */
const ELEMENTS = 8_000
const EDITS = 400
const EVERY_MS = 25
/** What instances do where nothing is drawn, as the median of so many looks of so many milliseconds: one may fold a board meanwhile. */
const IDLE_LOOKS = 3
const IDLE_MS = 2_000

const PUBLISHED: Measure = {
  title: 'three instances, one small edit: bytes that come to Redis, as a multiple of the edit',
  unit: '×',
  better: 'lower',
}
const MOVED: Measure = { title: 'the same, with all that Redis sends', unit: '×', better: 'lower' }
const CPU: Measure = {
  title: 'the same: CPU of all instances and Redis for an edit, as a multiple of one instance’s',
  unit: '×',
  better: 'lower',
}
const KEPT_CPU: Measure = {
  title: 'the same, while all who have the room open are on one of the three, as proxies place them',
  unit: '×',
  better: 'lower',
}
const WHOLE_CPU: Measure = { title: 'the same, with PostgreSQL on both sides', unit: '×', better: 'lower' }
const DELAY: Measure = { title: 'the same: until it is on the other instances, p50', unit: 'ms', better: 'lower' }

/** What the way between instances may cost. */
export const INSTANCES_GOALS: readonly Goal[] = [
  { title: 'three instances: bytes that come to Redis for a small edit', measure: PUBLISHED, atMost: 5 },
  { title: 'three instances, a room kept together: CPU for an edit against one', measure: KEPT_CPU, atMost: 1.5 },
  { title: 'three instances, a room spread over them: CPU for an edit against one', measure: CPU, atMost: 1.5 },
]

/** Measures what an edit costs on its way between instances, beside Hocuspocus with its own Redis extension. */
export async function measureInstances(stage: Stage): Promise<void> {
  const [postgres, redis] = [await startTestPostgres(), await startTestRedis()]
  const client = new Redis(redis.url)
  const kinds: Array<{ id: PeerId; start: (count: number) => Promise<RunningServer[]> }> = [
    {
      id: 'sketchroom',
      async start(count) {
        const environment = {
          DATABASE_URL: await postgres.createDatabase(),
          REDIS_URL: redis.url,
          JWT_SECRET: 'a secret that only the bench knows',
        }
        return await Promise.all(Array.from({ length: count }, () => startSketchroom(undefined, environment)))
      },
    },
    {
      id: 'hocuspocus',
      start: (count) =>
        Promise.all(Array.from({ length: count }, () => startServer('./hocuspocus-redis-server.ts', redis.url))),
    },
  ]
  for (let round = 0; round < stage.plan.rounds; round++) {
    for (const { id, start } of kinds) {
      const drawOnSome = (servers: readonly RunningServer[], people: 'spread' | 'kept together') =>
        drawOn(stage, { servers, people }, { redis: client, postgres })
      const alone = await drawOnSome(await start(1), 'kept together')
      const kept = await drawOnSome(await start(INSTANCES), 'kept together')
      const together = await drawOnSome(await start(INSTANCES), 'spread')
      stage.results.record(PUBLISHED, id, together.publishedBytes / together.editBytes)
      stage.results.record(MOVED, id, together.movedBytes / together.editBytes)
      stage.results.record(CPU, id, (together.cpu.servers + together.cpu.redis) / alone.cpu.servers)
      stage.results.record(KEPT_CPU, id, (kept.cpu.servers + kept.cpu.redis) / alone.cpu.servers)
      stage.results.record(WHOLE_CPU, id, wholeOf(together) / wholeOf(alone))
      stage.results.record(DELAY, id, together.delayMs)
    }
  }
  client.disconnect()
  await redis.kill()
  await postgres.stop()
}

/** CPU for an edit, in microseconds. */
interface Cpu {
  readonly servers: number
  readonly redis: number
  readonly postgres: number
}

const eachPart = (of: (part: keyof Cpu) => number): Cpu => ({
  servers: of('servers'),
  redis: of('redis'),
  postgres: of('postgres'),
})

const wholeOf = ({ cpu }: { cpu: Cpu }) => cpu.servers + cpu.redis + cpu.postgres

async function drawOn(
  stage: Stage,
  { servers, people }: { servers: readonly RunningServer[]; people: 'spread' | 'kept together' },
  beside: { redis: Redis; postgres: TestPostgres },
) {
  const [room] = (await servers[0]?.createRooms(1)) ?? []
  if (!room) throw new Error('no room was created')
  // Each of the bench's servers has a port of its own; the room is the same.
  const homes = people === 'spread' ? servers : servers.slice(0, 1)
  const ports = await Promise.all(homes.map(async (server) => (await server.createRooms(1))[0]?.port ?? room.port))
  const writer = await join(room, room.port)
  for (const update of createBoard()) writer.write(update)
  const isThere = (client: RawClient) => client.doc.getMap('elements').size === ELEMENTS / 2
  Y.applyUpdate(writer.doc, Y.mergeUpdates(createBoard()))
  const readers = await Promise.all(
    Array.from({ length: INSTANCES }, (_, n) => join(room, ports[n % ports.length] ?? 0)),
  )
  while (!readers.every(isThere)) await wait(50)
  for (const server of servers) await untilQuiet(stage, server)
  const readCpu = async () => ({
    servers: await cpuOf(servers),
    postgres: (await Promise.all((await beside.postgres.processes()).map(readProcessorMicros))).reduce((a, b) => a + b),
    ...(await readRedis(beside.redis)),
  })
  // What instances do where nothing is drawn is not of the edits.
  const looks: Cpu[] = []
  let before = await readCpu()
  for (let n = 0; n < IDLE_LOOKS; n++) {
    const last = before
    await wait(IDLE_MS)
    before = await readCpu()
    looks.push(eachPart((part) => before[part] - last[part]))
  }
  const idle = eachPart((part) => median(looks.map((look) => look[part])))
  const begun = performance.now()
  const delays: number[] = []
  let editBytes = 0
  writer.doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === writer) return
    editBytes += update.length
    writer.write(update)
  })
  const elements = writer.doc.getMap<Y.Map<unknown>>('elements')
  for (let n = 0; n < EDITS; n++) {
    const [at, last] = [performance.now(), readers.at(-1) as RawClient]
    last.onUpdate = () => delays.push(performance.now() - at)
    elements.get(`e${(n * 2) % ELEMENTS}`)?.set('xy', [n, n])
    await wait(EVERY_MS)
  }
  for (const server of servers) await untilQuiet(stage, server)
  const idleParts = (performance.now() - begun) / IDLE_MS
  const after = await readCpu()
  for (const client of [writer, ...readers]) client.terminate()
  for (const server of servers) await server.stop()
  const perEdit = (of: keyof typeof after) => (after[of] - before[of]) / EDITS
  const cpu = eachPart((part) => perEdit(part) - (idle[part] * idleParts) / EDITS)
  const [inServers, inRedis, inPostgres] = [cpu.servers, cpu.redis, cpu.postgres].map(Math.round)
  stage.say(`${servers.length}, ${people}: ${inServers} µs, Redis ${inRedis}, PostgreSQL ${inPostgres}`)
  return {
    editBytes: editBytes / EDITS,
    publishedBytes: perEdit('bytesIn'),
    movedBytes: perEdit('bytesIn') + perEdit('bytesOut'),
    cpu,
    delayMs: median(delays),
  }
}

async function join({ path, name, token }: RoomAddress, port: number): Promise<RawClient> {
  const client = new RawClient(`ws://127.0.0.1:${port}${path}`, name)
  await client.join(token)
  while (client.step2Count === 0) await wait(10)
  return client
}

/** The same for everybody: in messages that a server takes. */
function createBoard(): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 4711
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const elements = doc.getMap('elements')
  doc.transact(() => {
    for (let n = 0; n < ELEMENTS; n++) {
      const element = new Y.Map(Object.entries({ type: 'rectangle', xy: [n, n], wh: [100, 100] }))
      elements.set(`e${n}`, element)
    }
  })
  doc.transact(() => {
    for (let n = 1; n < ELEMENTS; n += 2) elements.delete(`e${n}`)
  })
  return updates
}

async function cpuOf(servers: readonly RunningServer[]): Promise<number> {
  const micros = await Promise.all(servers.map((server) => server.cpuMicros()))
  return micros.reduce((sum, each) => sum + each, 0)
}

async function readRedis(redis: Redis): Promise<{ bytesIn: number; bytesOut: number; redis: number }> {
  const info = await redis.info()
  const read = (field: string) => Number(new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1])
  return {
    bytesIn: read('total_net_input_bytes'),
    bytesOut: read('total_net_output_bytes'),
    redis: (read('used_cpu_user') + read('used_cpu_sys')) * 1e6,
  }
}
