import type { Goal } from '../goals.ts'
import { readResidentBytes } from '../peers/process-figures.ts'
import { hocuspocus, sketchroom, yWebsocket } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { createRoom, interleave, startPeer, untilQuiet, type RunningPeer, type Stage } from '../stage.ts'
import { storeBoards } from './cold-board.ts'

const MB = 1024 * 1024

const FRESH: Measure = { title: 'a process just started: resident memory', unit: 'MB', better: 'lower' }
const IDLE: Measure = { title: '1,000 idle connections in one room: more memory', unit: 'MB', better: 'lower' }
const LOOKING: Measure = {
  title: '100 stored rooms of 1,000 elements, somebody looks at each: more memory',
  unit: 'MB',
  better: 'lower',
}
/** What a process, and those who only are there, may take. */
export const MEMORY_GOALS: readonly Goal[] = [
  { title: 'resident memory of a fresh process', measure: FRESH, atMost: 110 },
  { title: '1,000 idle in one room: more memory', measure: IDLE, atMost: 22 },
]

/** What boards that people only look at may take. */
export const LOOKING_GOALS: readonly Goal[] = [
  {
    title: '100 rooms × 1,000 elements that people only look at: more memory',
    measure: LOOKING,
    times: 'hocuspocus',
    atMost: 0.25,
  },
]

/** Measures what a process takes, and then what idle connections add. */
export async function measureMemory(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  const { idleConnections, elementsPerRoom } = plan
  await interleave(stage.chosen([sketchroom, hocuspocus, yWebsocket]), plan.rounds, async (peer) => {
    const running = await startPeer(peer)
    results.record(FRESH, peer.id, (await residentBytes(stage, running)) / MB)
    await warmUp(stage, running, elementsPerRoom)
    const before = await residentBytes(stage, running)
    await load.call('sit', { dialect: peer.dialect, rooms: [await createRoom(running)], perRoom: idleConnections })
    results.record(IDLE, peer.id, ((await residentBytes(stage, running)) - before) / MB)
    await load.call('disperse')
    await running.stop()
  })
}

/** Measures what rooms add that are stored and looked at, and rooms that are drawn in. */
export async function measureRooms(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  const { storedRooms, elementsPerRoom } = plan
  const stored = await storeBoards(stage, storedRooms, elementsPerRoom)
  await interleave(stage.chosen([sketchroom, hocuspocus]), plan.rounds, async (peer) => {
    const running = await startPeer(peer, stored.storedFor(peer))
    const rooms = await stored.on(running, storedRooms)
    await warmUp(stage, running, elementsPerRoom)
    const before = await residentBytes(stage, running)
    await load.call('sit', { dialect: peer.dialect, rooms, perRoom: 1 })
    results.record(LOOKING, peer.id, ((await residentBytes(stage, running)) - before) / MB)
    await load.call('disperse')
    await running.stop()
  })
  await stored.remove()
}

/** Code that runs for the first time takes memory too, once. */
async function warmUp(stage: Stage, running: RunningPeer, elements: number): Promise<void> {
  const { load } = stage
  const rooms = await running.createRooms(2)
  await load.call('fill', { dialect: running.peer.dialect, rooms, elements })
  await load.call('disperse')
  await untilQuiet(stage, running)
}

/** As it is, garbage and all, and as whoever pays for it sees it: nobody asks a real server to collect any. */
async function residentBytes(stage: Stage, running: RunningPeer): Promise<number> {
  await untilQuiet(stage, running)
  return readResidentBytes(running.pid)
}
