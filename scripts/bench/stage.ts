import type { Cast, LoadCalls, Outcome } from './load/load-calls.ts'
import type { PeerCalls } from './peers/peer-calls.ts'
import type { Peer } from './peers/peers.ts'
import { RemoteProcess } from './remote-process.ts'

/** A server that runs. */
export interface RunningPeer {
  readonly peer: Peer
  readonly process: RemoteProcess<PeerCalls>
}

/** The clients' process. */
export type Load = RemoteProcess<LoadCalls>

/** Starts the process that plays the clients. */
export function startLoad(): Promise<Load> {
  return RemoteProcess.start<LoadCalls>(new URL('./load/load-process.ts', import.meta.url))
}

/** Starts a server; `stored` as for `Peer.start`. */
export async function startPeer(peer: Peer, stored?: string): Promise<RunningPeer> {
  return { peer, process: await peer.start(stored) }
}

/** Stops a server and ends its process. */
export async function stopPeer({ process }: RunningPeer): Promise<void> {
  await process.call('stop')
  await process.end()
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

/** What came of a while of drawing, and the server's CPU for it in microseconds. */
export interface Performance extends Outcome {
  readonly cpuMicros: number
}

/**
 * Plays in a new room of a server: a warm-up first, then the play itself. The CPU is read when all is
 * quiet before and after, so it is all of the work, and none but it.
 */
export async function play(
  load: Load,
  { peer, process }: RunningPeer,
  cast: Pick<Cast, 'writers' | 'readers'>,
  act: (share: number) => Promise<Outcome>,
): Promise<Performance> {
  const [room] = await process.call('createRooms', 1)
  if (!room) throw new Error('no room was created')
  await load.call('gather', { ...cast, room, dialect: peer.dialect, acknowledges: peer.acknowledges })
  await act(0.2)
  const before = await process.call('cpuMicros')
  const outcome = await act(1)
  const after = await process.call('cpuMicros')
  await load.call('disperse')
  return { ...outcome, cpuMicros: after - before }
}
