import type { Goal } from '../goals.ts'
import type { DrawOptions } from '../load/load-calls.ts'
import { PEERS, hocuspocus, sketchroom, yWebsocket, type Peer, type PeerId } from '../peers/peers.ts'
import type { Plan } from '../plan.ts'
import type { Measure } from '../results.ts'
import { play, withServers, type Stage } from '../stage.ts'

/** Below this, a warm-up would not get a server's code compiled. */
const LEAST_WARM_UP_HZ = 50

/** People who draw at a fixed rate, and what is told of it. */
export interface Scene {
  /** Those that it is played on. */
  readonly peers: readonly Peer[]
  readonly rooms: (plan: Plan) => number
  /** In each room. */
  readonly writers: number
  /** In each room, beside the writers. */
  readonly readers: number
  readonly draw: Omit<DrawOptions, 'milliseconds'>
  readonly milliseconds: (plan: Plan) => number
  readonly rounds: (plan: Plan) => number
  /** What the CPU is shared out to. */
  readonly per: 'edits' | 'delivered'
}

/** A scene, and the figures that come of it. */
export interface SceneMeasure {
  readonly scene: Scene
  readonly cpu: Measure
  readonly p50: Measure
  readonly p99: Measure
  readonly goals: readonly Goal[]
}

/** A limit, and the server whose figure it is multiplied with, if any. */
interface Limit {
  readonly atMost: number
  readonly times?: PeerId
}

const GOAL_PEERS = [sketchroom, hocuspocus, yWebsocket]
const oneRoom = () => 1

/** Somebody who draws now and then, before two others. */
export const LONE = sceneMeasure(
  'a lone edit (1 writer at 2/s, 2 readers)',
  { atMost: 1.4, times: 'yWebsocket' },
  undefined,
  {
    peers: GOAL_PEERS,
    rooms: oneRoom,
    writers: 1,
    readers: 2,
    draw: { hz: 2 },
    milliseconds: ({ loneMs }) => loneMs,
    rounds: ({ rounds }) => rounds,
    per: 'edits',
  },
)

/** Many rooms in which people draw now and then: a gesture's end and what follows from it come close together. */
export const ROOMS = sceneMeasure(
  '300 rooms × 3 people, 600 edits/s in all, in pairs',
  { atMost: 1, times: 'yWebsocket' },
  { atMost: 2, times: 'yWebsocket' },
  {
    peers: GOAL_PEERS,
    rooms: ({ manyRooms }) => manyRooms,
    writers: 1,
    readers: 2,
    draw: { hz: 2, pairGapMs: 2 },
    milliseconds: ({ manyRoomsMs }) => manyRoomsMs,
    rounds: ({ rounds }) => rounds,
    per: 'edits',
  },
)

/** Somebody who draws fast, before many. */
export const RATE = sceneMeasure(
  '1 writer at 200/s, 50 readers',
  { atMost: 0.9, times: 'yWebsocket' },
  { atMost: 1.5, times: 'yWebsocket' },
  {
    peers: PEERS,
    rooms: oneRoom,
    writers: 1,
    readers: 50,
    draw: { hz: 200 },
    milliseconds: ({ fixedRateMs }) => fixedRateMs,
    rounds: ({ deliveryRounds }) => deliveryRounds,
    per: 'delivered',
  },
)

/** Many who draw at once. */
export const BUSY = sceneMeasure(
  'busy room, 20 writers at 60/s, 30 readers',
  { atMost: 0.35, times: 'yWebsocket' },
  { atMost: 6 },
  {
    peers: PEERS,
    rooms: oneRoom,
    writers: 20,
    readers: 30,
    draw: { hz: 60 },
    milliseconds: ({ busyMs }) => busyMs,
    rounds: ({ rounds }) => rounds,
    per: 'edits',
  },
)

function sceneMeasure(title: string, cpuLimit: Limit, p50Limit: Limit | undefined, scene: Scene): SceneMeasure {
  const shared = scene.per === 'edits' ? 'edit' : 'delivered update'
  const cpu: Measure = { title: `${title}: server CPU per ${shared}`, unit: 'µs', better: 'lower' }
  const p50: Measure = { title: 'the same: delivery p50', unit: 'ms', better: 'lower' }
  const p99: Measure = { title: 'the same: delivery p99', unit: 'ms', better: 'lower' }
  const goals = [
    { title: `${title}: CPU per ${shared}`, measure: cpu, ...cpuLimit },
    ...(p50Limit ? [{ title: `${title}: p50`, measure: p50, ...p50Limit }] : []),
  ]
  return { scene, cpu, p50, p99, goals }
}

/** Measures what an edit costs, and how long it takes to the others. */
export async function measureScene(stage: Stage, { scene, cpu, p50, p99 }: SceneMeasure): Promise<void> {
  const { load, plan, results } = stage
  const { peers, writers, readers, draw } = scene
  const rooms = scene.rooms(plan)
  const warmHz = Math.max(draw.hz, LEAST_WARM_UP_HZ / rooms)
  await withServers(stage, peers, scene.rounds(plan), async (running) => {
    const { id } = running.peer
    const played = await play(
      stage,
      running,
      { rooms, writers, readers },
      {
        warmUp: () => load.call('draw', { ...draw, hz: warmHz, milliseconds: plan.warmUpMs }),
        act: () => load.call('draw', { ...draw, milliseconds: scene.milliseconds(plan) }),
      },
    )
    results.record(cpu, id, played.cpuMicros / played[scene.per])
    results.record(p50, id, played.delivery?.p50 ?? Number.NaN)
    results.record(p99, id, played.delivery?.p99 ?? Number.NaN)
  })
}
