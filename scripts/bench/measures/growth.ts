import { startTestPostgres } from '../../../server/src/testing/test-postgres.ts'
import { startTestRedis } from '../../../server/src/testing/test-redis.ts'
import { sketchroom } from '../peers/peers.ts'
import { startSketchroom, type RunningServer } from '../peers/running-server.ts'
import { limitProcessor } from '../processor-share.ts'
import type { Measure } from '../results.ts'
import type { Stage } from '../stage.ts'
import { formatFigure } from '../table.ts'

/** What each instance has of a processor: three, PostgreSQL and Redis fit on two, with the clients. */
const SHARE = 0.25
const MOST = 3
/** Each with somebody who draws and two who look, all on one instance, as behind a balancer that goes by the room. */
const ROOMS = 24
const READERS = 2
/** An edit that takes longer is too late. */
const LATE_MS = 100
const FIRST_RATE = 250
const GROWTH = 1.2
const DRAW_MS = 5_000
const WARM_UP_RATE = 1_000
const WARM_UP_MS = 15_000

const measureOf = (count: number): Measure => ({
  title: `${count === 1 ? 'one instance' : `${count} instances`}, each with a quarter of a processor: edits while p99 is within ${LATE_MS} ms`,
  unit: '/s',
  better: 'higher',
})

/** Finds how many edits a second one, two and three instances deliver and acknowledge in time; says it step by step. */
export async function measureGrowth(stage: Stage): Promise<void> {
  const [postgres, redis] = [await startTestPostgres(), await startTestRedis()]
  for (let count = 1; count <= MOST; count++) {
    const environment = {
      DATABASE_URL: await postgres.createDatabase(),
      REDIS_URL: redis.url,
      JWT_SECRET: 'a secret that only the bench knows',
    }
    const servers = await Promise.all(Array.from({ length: count }, () => startSketchroom(undefined, environment)))
    const rooms = (await Promise.all(servers.map((server) => server.createRooms(ROOMS / count)))).flat()
    const { dialect, acknowledges } = sketchroom
    await stage.load.call('gather', { rooms, writers: 1, readers: READERS, dialect, acknowledges })
    // With a quarter of a processor, it would take minutes until all that runs often is compiled.
    await stage.load.call('draw', { milliseconds: WARM_UP_MS, hz: WARM_UP_RATE / ROOMS })
    const unlimited = await Promise.all(servers.map(({ pid }) => limitProcessor(pid, SHARE)))
    stage.results.record(measureOf(count), sketchroom.id, await findRate(stage, servers))
    await stage.load.call('disperse')
    for (const server of servers) await server.stop()
    for (const end of unlimited) await end()
  }
  await redis.kill()
  await postgres.stop()
}

/** The most edits a second that were in time. */
async function findRate(stage: Stage, servers: readonly RunningServer[]): Promise<number> {
  let best = 0
  for (let rate = FIRST_RATE; await isInTime(stage, servers, rate); rate *= GROWTH) best = rate
  return best
}

/** Other work on the machine may make one try late; it is the rate when two others are late too. */
async function isInTime(stage: Stage, servers: readonly RunningServer[], rate: number): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const { delivery, ack, clientsCpuShare } = await stage.load.call('draw', {
      milliseconds: DRAW_MS,
      hz: rate / ROOMS,
    })
    const p99 = Math.max(delivery?.p99 ?? Number.NaN, ack?.p99 ?? Number.NaN)
    stage.say(
      `${servers.length} × ${SHARE} of a processor, ${formatFigure(rate)} edits/s: p99 ${formatFigure(p99)} ms; ` +
        `the clients used ${formatFigure(clientsCpuShare * 100)} % of their processor`,
    )
    if (p99 <= LATE_MS) return true
  }
  return false
}
