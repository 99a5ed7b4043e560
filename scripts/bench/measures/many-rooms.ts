import { setTimeout as wait } from 'node:timers/promises'
import { roomIdSchema, userIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { openStorage } from '../../../server/src/adapters/sql/open-storage.ts'
import { SqlAccountsStore } from '../../../server/src/adapters/sql/sql-accounts-store.ts'
import { SqlRoomStore } from '../../../server/src/adapters/sql/sql-room-store.ts'
import { Housekeeping } from '../../../server/src/core/housekeeping.ts'
import { runStatement, startTestPostgres, type TestPostgres } from '../../../server/src/testing/test-postgres.ts'
import { startTestRedis } from '../../../server/src/testing/test-redis.ts'
import type { Stage } from '../stage.ts'
import { percentile } from '../statistics.ts'
import { formatFigure } from '../table.ts'

const COUNTS = [1_000, 100_000, 1_000_000]
/** Each person has so many rooms, of which half were made by others. */
const ROOMS_OF_EACH = 20
const TRIES = 300
/** An instance looks every two seconds how far each of its rooms is. */
const ROOMS_OF_AN_INSTANCE = 10_000
const ROOMS_IN_A_COMMIT = 50
const SUBSCRIBED_AT_ONCE = 1_000

/** Measures what PostgreSQL and Redis take for a thousand rooms, and for a million; says it step by step. */
export async function measureManyRooms(stage: Stage): Promise<void> {
  const postgres = await startTestPostgres()
  for (const count of COUNTS) await measureStore(stage, postgres, count)
  await postgres.stop()
  const redis = await startTestRedis()
  await measureChannels(stage, redis.url)
  await redis.kill()
}

const roomAt = (n: number): RoomId => roomIdSchema.parse(`room-${String(n).padStart(16, '0')}`)

async function measureStore(stage: Stage, postgres: TestPostgres, count: number): Promise<void> {
  const databaseUrl = await postgres.createDatabase()
  const storage = await openStorage({ file: '', databaseUrl })
  const { documentStore: documents, main } = storage
  const [rooms, accounts] = [new SqlRoomStore(main), new SqlAccountsStore(main.db)]
  const filledAt = performance.now()
  await fill(databaseUrl, count)
  const seconds = (performance.now() - filledAt) / 1_000
  const bytes = await databaseBytes(databaseUrl)
  stage.say(
    `${count} rooms: ${formatFigure(bytes / count)} bytes each in the database, filled in ${formatFigure(seconds)} s`,
  )

  const some = () => roomAt(1 + Math.floor(Math.random() * count))
  const person = () => userIdSchema.parse(`person-${1 + Math.floor((Math.random() * count) / ROOMS_OF_EACH)}`)
  const many = Array.from({ length: Math.min(count, ROOMS_OF_AN_INSTANCE) }, some)
  let batches = 0
  const entry = { update: new Uint8Array(60), author: 'person-1', at: Date.now(), ranges: new Uint8Array(), crc: 0 }
  const append = () => {
    const ids = new Set(Array.from({ length: ROOMS_IN_A_COMMIT }, some))
    const batch = { id: `bench-${batches++}`, rooms: [...ids].map((roomId) => ({ roomId, entries: [entry] })) }
    return documents.append(batch)
  }
  const operations: Record<string, () => Promise<unknown>> = {
    'find a room': () => rooms.findRoom(some()),
    "find a person's place in a room": () => rooms.findMembership(some(), person()),
    "the first page of a person's rooms": () => rooms.listRooms({ userId: person(), limit: 50, archived: false }),
    'load a document': () => documents.load(some()),
    [`commit to ${ROOMS_IN_A_COMMIT} rooms`]: append,
    [`the heads of ${many.length} rooms`]: () => documents.headsOf(many),
  }
  for (const [name, operation] of Object.entries(operations)) {
    const tries = name.startsWith('the heads') ? TRIES / 10 : TRIES
    const times: number[] = []
    for (let n = 0; n < tries; n++) {
      const at = performance.now()
      await operation()
      times.push(performance.now() - at)
    }
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map(formatFigure)
    stage.say(`${count} rooms, ${name}: ${p50} ms, p99 ${p99}`)
  }
  const cleaning = new Housekeeping({ documents, accounts, rooms, log: pino({ level: 'warn' }), historyDays: 30 })
  const at = performance.now()
  await cleaning.run()
  stage.say(`${count} rooms, a clean-up that finds nothing: ${formatFigure((performance.now() - at) / 1_000)} s`)
  await storage.close()
}

/** Rooms that were drawn in and are at rest: a snapshot of a kilobyte, which does not get smaller, and a short tail. */
async function fill(databaseUrl: string, count: number): Promise<void> {
  const run = (text: string) => runStatement(databaseUrl, text)
  const id = `'room-' || lpad(n::text, 16, '0')`
  const now = Date.now()
  await run(`insert into users (id, name, created_at)
    select 'person-' || n, 'Person ' || n, ${now} from generate_series(1, ${Math.ceil(count / ROOMS_OF_EACH)}) n`)
  await run(`insert into rooms (id, name, access, metadata, created_at, updated_at, version)
    select ${id}, 'Board ' || n, 'private', '{}', ${now}, ${now} - n, 1 from generate_series(1, ${count}) n`)
  await run(`insert into memberships (room_id, user_id, role, joined_at)
    select ${id}, 'person-' || (1 + (n * part) % ${Math.ceil(count / ROOMS_OF_EACH)}), case part when 1 then 'owner' else 'editor' end, ${now}
    from generate_series(1, ${count}) n, (values (1), (7)) as parts (part) on conflict do nothing`)
  await run(`insert into room_documents (room_id, head) select ${id}, 103 from generate_series(1, ${count}) n`)
  const noise = `decode((select string_agg(md5(n::text || k::text), '') from generate_series(1, 64) k), 'hex')`
  await run(`insert into room_snapshots (room_id, seq, at, crc, ranges, bytes)
    select ${id}, 100, ${now}, 0, '', ${noise} from generate_series(1, ${count}) n`)
  await run(`insert into room_updates (room_id, seq, at, crc, ranges, bytes)
    select ${id}, seq, ${now}, 0, '', decode(md5(n::text), 'hex') from generate_series(1, ${count}) n, generate_series(101, 103) seq`)
  await run('analyze')
}

async function databaseBytes(databaseUrl: string): Promise<number> {
  const rows = await runStatement(databaseUrl, 'select pg_database_size(current_database())::float8 as bytes')
  return (rows[0] as { bytes: number }).bytes
}

async function measureChannels(stage: Stage, url: string): Promise<void> {
  const [subscriber, publisher] = [new Redis(url), new Redis(url)]
  let subscribed = 0
  let heardAt = 0
  subscriber.on('messageBuffer', () => (heardAt = performance.now()))
  for (const count of COUNTS) {
    const started = performance.now()
    while (subscribed < count) {
      const names = Array.from({ length: Math.min(SUBSCRIBED_AT_ONCE, count - subscribed) }, () => {
        return `sketchroom:${roomAt(++subscribed)}`
      })
      await subscriber.subscribe(...names)
    }
    const seconds = (performance.now() - started) / 1_000
    const memory = Number(/^used_memory:(\d+)/m.exec(await publisher.info('memory'))?.[1])
    const times: number[] = []
    for (let n = 0; n < TRIES; n++) {
      const at = performance.now()
      heardAt = 0
      await publisher.publish(`sketchroom:${roomAt(1 + Math.floor(Math.random() * count))}`, Buffer.alloc(100))
      while (heardAt === 0) await wait(1)
      times.push(heardAt - at)
    }
    stage.say(
      `${count} channels: Redis has ${formatFigure(memory / 1e6)} MB, followed in ${formatFigure(seconds)} s, ` +
        `a message is heard after ${formatFigure(percentile(times, 0.5))} ms`,
    )
  }
  subscriber.disconnect()
  publisher.disconnect()
}
