import { constants, setPriority } from 'node:os'
import type { Goal } from '../goals.ts'
import { sketchroom } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { interleave, startLoad, startPeer, type Stage } from '../stage.ts'
import { storeBoards } from './cold-board.ts'

const HZ = 100
/** What somebody draws while the boards are opened is measured over this time. */
const WHILE_OPENING_MS = 2000

const QUIET_P99: Measure = {
  title: `1 writer at ${HZ}/s, nothing else: acknowledgement p99`,
  unit: 'ms',
  better: 'lower',
}
const BUSY_P99: Measure = {
  title: 'the same while 100 boards of 5,000 elements are opened at once: acknowledgement p99',
  unit: 'ms',
  better: 'lower',
}
const DELAY: Measure = { title: 'the same, as a multiple of the quiet p99', unit: '× quiet', better: 'lower' }
const OPENED: Measure = { title: 'the same: until all 100 boards are open', unit: 'ms', better: 'lower' }

/** How much the opening of many boards may delay who draws. */
export const OPENING_GOALS: readonly Goal[] = [
  { title: '100 boards of 5,000 elements opened at once: acknowledgement p99', measure: DELAY, atMost: 2 },
]

/** Measures how long somebody who draws waits for "saved" while many large boards are opened in other rooms. */
export async function measureOpening(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  const stored = await storeBoards(stage, plan.storedRooms, plan.openedElements)
  // In a process of its own that gives way, or whoever draws would be measured waiting for those who read.
  const openers = await startLoad()
  setPriority(openers.pid, constants.priority.PRIORITY_LOW)
  await interleave(stage.chosen([sketchroom]), plan.rounds, async (peer) => {
    const { id, dialect, acknowledges } = peer
    const running = await startPeer(peer, stored.storedFor(peer))
    const rooms = await stored.on(running, plan.storedRooms)
    const cast = { rooms: await running.createRooms(1), writers: 1, readers: 0, dialect, acknowledges }
    await load.call('gather', cast)
    const draw = (milliseconds: number) => load.call('draw', { milliseconds, hz: HZ })
    await draw(plan.warmUpMs)
    const quiet = await draw(plan.ackMs)
    const [busy, openedMs] = await Promise.all([draw(WHILE_OPENING_MS), openers.call('openAtOnce', { dialect, rooms })])
    if (!quiet.ack || !busy.ack) throw new Error('nothing was acknowledged')
    results.record(QUIET_P99, id, quiet.ack.p99)
    results.record(BUSY_P99, id, busy.ack.p99)
    results.record(DELAY, id, busy.ack.p99 / quiet.ack.p99)
    results.record(OPENED, id, openedMs)
    await Promise.all([load.call('disperse'), openers.call('disperse')])
    await running.stop()
  })
  await openers.end()
  await stored.remove()
}
