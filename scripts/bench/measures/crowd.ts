import type { Goal } from '../goals.ts'
import { hocuspocus, sketchroom } from '../peers/peers.ts'
import { forgetPeak, readPeakBytes, readResidentBytes } from '../peers/process-figures.ts'
import type { Measure } from '../results.ts'
import { percentile } from '../statistics.ts'
import { createRoom, interleave, startPeer, untilQuiet, type Stage } from '../stage.ts'

const MB = 1024 * 1024

const P99: Measure = {
  title: '150 people join a board of 4 MB at once, an edit pending: p99 until each has it',
  unit: 'ms',
  better: 'lower',
}
const MORE: Measure = { title: 'the same: more memory at the peak', unit: 'MB', better: 'lower' }

/** What a crowd may take. */
export const CROWD_GOALS: readonly Goal[] = [
  { title: '150 people join a board of 4 MB at once, one edit pending: p99', measure: P99, atMost: 500 },
  { title: '150 people join a board of 4 MB at once, one edit pending: memory', measure: MORE, atMost: 40 },
]

/** Measures how long a crowd waits for a large board that somebody draws on, and what the server needs for it. */
export async function measureCrowd(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  await interleave(stage.chosen([sketchroom, hocuspocus]), plan.rounds, async (peer) => {
    const { id, dialect } = peer
    const running = await startPeer(peer)
    const room = await createRoom(running)
    const board = { dialect, room, elements: plan.crowdElements }
    await load.call('fill', { dialect, rooms: [room], elements: plan.crowdElements })
    await untilQuiet(stage, running)
    const before = await readResidentBytes(running.pid)
    await forgetPeak(running.pid)
    const waits = await load.call('crowd', { ...board, people: plan.crowdPeople })
    results.record(P99, id, percentile(waits, 0.99))
    results.record(MORE, id, ((await readPeakBytes(running.pid)) - before) / MB)
    await load.call('disperse')
    await running.stop()
  })
}
