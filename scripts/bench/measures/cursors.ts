import type { Goal } from '../goals.ts'
import { hocuspocus, sketchroom } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { formatFigure } from '../table.ts'
import { play, withServers, type RunningPeer, type Stage } from '../stage.ts'

const WRITERS = 10
const WRITER_HZ = 1
const CURSOR_HZ = 10
/** An edit that takes longer to some is too late. */
const LATE_MS = 100
/** Where the search for the limit begins, and by how much the crowd grows until edits come too late. */
const FIRST_PEOPLE = 250
const GROWTH = 1.25

const P50: Measure = {
  title: '500 people with moving cursors in one room, 10 edits/s: delivery p50',
  unit: 'ms',
  better: 'lower',
}
const P99: Measure = { title: 'the same: delivery p99', unit: 'ms', better: 'lower' }
const CPU: Measure = { title: 'the same: part of a processor used by the server', unit: '%', better: 'lower' }

/** How late edits may be among many cursors. Where one is not delivered at all, there is no figure. */
export const CURSOR_GOALS: readonly Goal[] = [
  {
    title: '500 people with moving cursors in one room, 10 edits/s: all delivered, p99',
    measure: P99,
    atMost: LATE_MS,
  },
]

/** Measures how late edits are in a room full of moving cursors. */
export async function measureCursors(stage: Stage): Promise<void> {
  const { plan, results } = stage
  await withServers(stage, [sketchroom], plan.rounds, async (running) => {
    const { delivery, cpuMicros, seconds } = await moveCursors(stage, running, plan.cursorPeople)
    results.record(P50, running.peer.id, delivery?.p50 ?? Number.NaN)
    results.record(P99, running.peer.id, delivery?.p99 ?? Number.NaN)
    results.record(CPU, running.peer.id, cpuMicros / seconds / 10_000)
  })
}

/** Finds with how many cursors the edits of a room come too late; says it step by step. */
export async function findCursorLimit(stage: Stage): Promise<void> {
  await withServers(stage, [sketchroom, hocuspocus], 1, async (running) => {
    let people = FIRST_PEOPLE
    while (await isInTime(stage, running, people)) people = Math.round(people * GROWTH)
  })
}

/** Other work on the machine may make one try late; it is the people when another is late too. */
async function isInTime(stage: Stage, running: RunningPeer, people: number): Promise<boolean> {
  for (let tries = 0; tries < 2; tries++) {
    const { delivery, cpuMicros, seconds, clientsCpuShare } = await moveCursors(stage, running, people)
    const p99 = delivery?.p99 ?? Number.NaN
    const [server, clients] = [cpuMicros / seconds / 10_000, clientsCpuShare * 100].map(formatFigure)
    stage.say(
      `${running.peer.title}, ${people} people: edits' p99 ${formatFigure(p99)} ms; ` +
        `the server used ${server} % of its processor, the clients ${clients} % of theirs`,
    )
    if (p99 <= LATE_MS) return true
  }
  return false
}

function moveCursors(stage: Stage, running: RunningPeer, people: number) {
  const draw = (milliseconds: number) => stage.load.call('draw', { milliseconds, hz: WRITER_HZ, cursorHz: CURSOR_HZ })
  return play(
    stage,
    running,
    { writers: WRITERS, readers: people - WRITERS },
    { warmUp: () => draw(stage.plan.warmUpMs), act: () => draw(stage.plan.cursorsMs) },
  )
}
