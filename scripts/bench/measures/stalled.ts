import type { Goal } from '../goals.ts'
import { sketchroom } from '../peers/peers.ts'
import { forgetPeak, readPeakBytes, readResidentBytes } from '../peers/process-figures.ts'
import type { Measure } from '../results.ts'
import { interleave, play, startPeer, untilQuiet, type Stage } from '../stage.ts'
import { formatFigure } from '../table.ts'

const MB = 1024 * 1024

const WRITERS = 10
const READERS = 200
const STALLED = 20
const HZ = 6
/** With all writers, 600 KB a second: several times what the system's buffers hold for somebody who does not read. */
const BALLAST_BYTES = 10_000

const QUIET_P50: Measure = {
  title: '200 people read 600 KB/s of edits: delivery p50',
  unit: 'ms',
  better: 'lower',
}
const QUIET_P99: Measure = { title: 'the same: delivery p99', unit: 'ms', better: 'lower' }
const P50: Measure = {
  title: 'the same, 20 of them never read: delivery to the others p50',
  unit: 'ms',
  better: 'lower',
}
const P99: Measure = {
  title: 'the same, 20 of them never read: delivery to the others p99',
  unit: 'ms',
  better: 'lower',
}
const DELAY: Measure = {
  title: 'the same: p99 as a multiple of that with none who does not read',
  unit: '×',
  better: 'lower',
}
const MORE: Measure = { title: 'the same: more memory at the peak than with none', unit: 'MB', better: 'lower' }

/** What people who do not read may cost the others, and the process. */
export const STALLED_GOALS: readonly Goal[] = [
  { title: '200 readers, 20 of whom never read: p99 against nobody who does not read', measure: DELAY, atMost: 2 },
  { title: '200 readers, 20 of whom never read: more memory', measure: MORE, atMost: 64 },
]

/** Measures the same drawing with readers who all read, and with some who never do, in a fresh server each. */
export async function measureStalled(stage: Stage): Promise<void> {
  const { plan, results } = stage
  await interleave(stage.chosen([sketchroom]), plan.rounds, async ({ id }) => {
    const quiet = await drawBefore(stage, 0)
    const stalled = await drawBefore(stage, STALLED)
    results.record(QUIET_P50, id, quiet.p50)
    results.record(QUIET_P99, id, quiet.p99)
    results.record(P50, id, stalled.p50)
    results.record(P99, id, stalled.p99)
    results.record(DELAY, id, stalled.p99 / quiet.p99)
    results.record(MORE, id, stalled.moreMb - quiet.moreMb)
  })
}

async function drawBefore(stage: Stage, stalled: number): Promise<{ p50: number; p99: number; moreMb: number }> {
  const { load, plan, say } = stage
  const running = await startPeer(sketchroom)
  const draw = (milliseconds: number) => load.call('draw', { milliseconds, hz: HZ })
  let before = 0
  const { delivery } = await play(
    stage,
    running,
    { writers: WRITERS, readers: READERS - stalled, stalled, ballastBytes: BALLAST_BYTES },
    {
      async warmUp() {
        await draw(plan.warmUpMs)
        await untilQuiet(stage, running)
        before = await readResidentBytes(running.pid)
        await forgetPeak(running.pid)
      },
      act: () => draw(plan.stalledMs),
    },
  )
  const after = await readPeakBytes(running.pid)
  await running.stop()
  say(`${stalled} do not read: ${formatFigure(before / MB)} MB before, ${formatFigure(after / MB)} MB at the peak`)
  return { p50: delivery?.p50 ?? Number.NaN, p99: delivery?.p99 ?? Number.NaN, moreMb: (after - before) / MB }
}
