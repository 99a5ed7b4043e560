import type { Goal } from '../goals.ts'
import { hocuspocus, sketchroom, yWebsocket } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { median } from '../statistics.ts'
import { createRoom, untilQuiet, withServers, type Stage } from '../stage.ts'

const WRITERS = 20
/** Edits of each writer that may be under way, so that no server is flooded. */
const WINDOW = 20

const CPU: Measure = {
  title: 'coming back with nothing missing after 20,000 edits: server CPU per return',
  unit: 'µs',
  better: 'lower',
}
const BYTES: Measure = { title: 'the same: bytes sent by the server', unit: 'B', better: 'lower' }

/** What a return may cost. */
export const RETURN_GOALS: readonly Goal[] = [
  { title: 'coming back with nothing missing after 20,000 edits: CPU', measure: CPU, times: 'yWebsocket', atMost: 1 },
]

/** Measures what it costs when somebody who has the whole document connects again, while others sit in the room. */
export async function measureReturns(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  await withServers(stage, [sketchroom, hocuspocus, yWebsocket], plan.rounds, async (running) => {
    const { id, dialect, acknowledges } = running.peer
    const room = await createRoom(running)
    await load.call('gather', { rooms: [room], dialect, acknowledges, writers: WRITERS, readers: 1 })
    await load.call('pour', { edits: plan.editsBeforeReturn / WRITERS, window: WINDOW })
    await load.call('comeBack', { dialect, room, times: Math.ceil(plan.returns / 4) })
    await untilQuiet(stage, running)
    const before = await running.cpuMicros()
    const bytes = await load.call('comeBack', { dialect, room, times: plan.returns })
    results.record(CPU, id, ((await running.cpuMicros()) - before) / plan.returns)
    results.record(BYTES, id, median(bytes))
    await load.call('disperse')
    await untilQuiet(stage, running)
  })
}
