import { setTimeout as wait } from 'node:timers/promises'
import type { Cast, LoadCalls, Outcome } from './load/load-calls.ts'
import type { OtherWork } from './other-work.ts'
import type { Peer } from './peers/peers.ts'
import type { RunningServer } from './peers/running-server.ts'
import type { Plan } from './plan.ts'
import { RemoteProcess } from './remote-process.ts'
import type { Results } from './results.ts'

/** A server that runs. */
export interface RunningPeer extends RunningServer {
  readonly peer: Peer
}

/** The clients' process. */
export type Load = RemoteProcess<LoadCalls>

/** What everything is measured with. */
export interface Stage {
  readonly load: Load
  readonly plan: Plan
  readonly results: Results
  readonly otherWork: OtherWork
  /** Those of some servers that are measured in this run. */
  chosen(peers: readonly Peer[]): readonly Peer[]
  /** Tells whoever waits for the bench. */
  say(text: string): void
}

/** A server that uses less in a tenth of a second has nothing left to do. */
const QUIET_MICROS = 2000
/** After so many tenths of a second, a server is taken to be never quiet. */
const QUIET_TRIES = 50
/** When the clients use more of their processor than this, they were measured and not the server. */
const FULL_SHARE = 0.9

/** Starts the process that plays the clients. */
export function startLoad(): Promise<Load> {
  return RemoteProcess.start<LoadCalls>(new URL('./load/load-process.ts', import.meta.url), 'clients')
}

/** Starts a server; `stored` as for `Peer.start`. */
export async function startPeer(peer: Peer, stored?: string): Promise<RunningPeer> {
  return { peer, ...(await peer.start(stored)) }
}

/** Has the chosen of some servers run side by side, takes turns as `interleave` does, and stops them. */
export async function withServers(
  stage: Stage,
  peers: readonly Peer[],
  rounds: number,
  turn: (running: RunningPeer) => Promise<void>,
): Promise<void> {
  const servers = await Promise.all(stage.chosen(peers).map((peer) => startPeer(peer)))
  await interleave(servers, rounds, turn)
  await Promise.all(servers.map((server) => server.stop()))
}

/** Runs each server's turn `rounds` times, a round over all before the next; who begins changes each time. */
export async function interleave<Item>(
  items: readonly Item[],
  rounds: number,
  turn: (item: Item) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < items.length; n++) await turn(items[(round + n) % items.length] as Item)
  }
}

/** Creates the only room that a measure needs. */
export async function createRoom(server: RunningServer) {
  const [room] = await server.createRooms(1)
  if (!room) throw new Error('no room was created')
  return room
}

/** Resolves when a server has done what was left to do, such as folding what a room was sent. */
export async function untilQuiet({ otherWork }: Stage, server: RunningServer): Promise<void> {
  let before = await server.cpuMicros()
  for (let tries = 0; tries < QUIET_TRIES; tries++) {
    const look = otherWork.begin()
    await wait(100)
    const now = await server.cpuMicros()
    if (now - before < QUIET_MICROS) return look.end()
    before = now
  }
}

/** What came of a while of drawing, and the server's CPU for it in microseconds. */
export interface Performance extends Outcome {
  readonly cpuMicros: number
}

/**
 * Plays in new rooms of a server: a warm-up first, then the play itself. The CPU is read when all is
 * quiet before and after, so it is all of the work, and none but it.
 */
export async function play(
  stage: Stage,
  running: RunningPeer,
  { rooms: count = 1, ...cast }: Omit<Cast, 'dialect' | 'rooms' | 'acknowledges'> & { readonly rooms?: number },
  { warmUp, act }: { readonly warmUp: () => Promise<unknown>; readonly act: () => Promise<Outcome> },
): Promise<Performance> {
  const { load, say } = stage
  const { dialect, acknowledges, title } = running.peer
  await load.call('gather', { ...cast, rooms: await running.createRooms(count), dialect, acknowledges })
  await warmUp()
  await untilQuiet(stage, running)
  const before = await running.cpuMicros()
  const outcome = await act()
  const cpuMicros = (await running.cpuMicros()) - before
  await load.call('disperse')
  // Or the next server's turn would begin with what this one has left to do.
  await untilQuiet(stage, running)
  if (outcome.clientsCpuShare > FULL_SHARE) say(`${title}: the clients were at their limit, and so were measured too`)
  return { ...outcome, cpuMicros }
}
