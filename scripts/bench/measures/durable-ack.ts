import type { Goal } from '../goals.ts'
import { PEERS } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { play, withServers, type Stage } from '../stage.ts'
import { measureDisk } from './disk.ts'

const HZ = 100

/** The least that a durable acknowledgement could take: this disk's own time to have a write safe. */
export const DISK: Measure = { title: 'this disk’s fdatasync p50', unit: 'ms', better: 'lower' }
/** How long somebody who draws alone waits for "saved". */
export const ACK_P50: Measure = { title: `1 writer at ${HZ}/s alone: acknowledgement p50`, unit: 'ms', better: 'lower' }
const ACK_P99: Measure = { title: 'the same: acknowledgement p99', unit: 'ms', better: 'lower' }
const P50_PER_SYNC: Measure = {
  title: 'the same: acknowledgement p50, as a multiple of this disk’s fdatasync p50',
  unit: '× fdatasync',
  better: 'lower',
}
const P99_PER_SYNC: Measure = {
  title: 'the same: acknowledgement p99, as a multiple of this disk’s fdatasync p50',
  unit: '× fdatasync',
  better: 'lower',
}

/** What an acknowledgement may take. */
export const ACK_GOALS: readonly Goal[] = [
  { title: `acknowledgement, ${HZ}/s: p50`, measure: P50_PER_SYNC, atMost: 10 },
  { title: `acknowledgement, ${HZ}/s: p99`, measure: P99_PER_SYNC, atMost: 40 },
]

/** Measures how long an answer takes, on the servers that answer, beside what the disk takes at that time. */
export async function measureAcks(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  const answering = PEERS.filter(({ acknowledges }) => acknowledges)
  await withServers(stage, answering, plan.rounds, async (running) => {
    const { id, title } = running.peer
    const draw = (milliseconds: number) => load.call('draw', { milliseconds, hz: HZ })
    const isOurs = id === 'sketchroom'
    const sync = isOurs ? await measureDisk() : Number.NaN
    const { ack } = await play(
      stage,
      running,
      { writers: 1, readers: 0 },
      { warmUp: () => draw(plan.warmUpMs), act: () => draw(plan.ackMs) },
    )
    if (!ack) throw new Error(`${title} acknowledged nothing`)
    results.record(ACK_P50, id, ack.p50)
    results.record(ACK_P99, id, ack.p99)
    if (!isOurs) return
    results.record(P50_PER_SYNC, id, ack.p50 / sync)
    results.record(P99_PER_SYNC, id, ack.p99 / sync)
    results.record(DISK, id, sync)
  })
}
