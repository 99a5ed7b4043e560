import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mergeUpdates } from 'yjs'
import type { Goal } from '../goals.ts'
import { boardUpdates } from '../load/board.ts'
import type { RoomAddress } from '../peers/peer-calls.ts'
import { hocuspocus, sketchroom, yWebsocket, type Peer } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { createRoom, interleave, startPeer, type RunningPeer, type Stage } from '../stage.ts'

/** How long the first client of a server just started waits for a large board. */
const OPENING: Measure = { title: 'a stored board of 10,000 elements, opened cold', unit: 'ms', better: 'lower' }

/** What opening a stored board may take. */
export const COLD_GOALS: readonly Goal[] = [
  {
    title: 'a stored board of 10,000 sparse elements, cold server → client has it',
    measure: OPENING,
    times: 'hocuspocus',
    atMost: 0.15,
  },
]

/** Boards of so many elements each, stored so that every server finds them. */
export interface StoredBoards {
  readonly rooms: readonly RoomAddress[]
  /** What to start a server with. */
  storedFor(peer: Peer): string
  /** The boards as they are found on a server that was started with them. */
  on(running: RunningPeer, count: number): Promise<readonly RoomAddress[]>
  remove(): Promise<void>
}

/**
 * Has SketchRoom store boards as it would: drawn by a client, then folded into a snapshot when everybody left. The
 * others are spared that, and read the same bytes from a file.
 */
export async function storeBoards({ load }: Stage, count: number, elements: number): Promise<StoredBoards> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-bench-boards-'))
  const [file, dataDir] = [join(directory, 'board'), join(directory, 'data')]
  await writeFile(file, mergeUpdates(boardUpdates(elements)))
  const running = await startPeer(sketchroom, dataDir)
  const rooms = await running.createRooms(count)
  await load.call('fill', { dialect: sketchroom.dialect, rooms, elements })
  await load.call('disperse')
  await running.stop()
  return {
    rooms,
    storedFor: ({ id }) => (id === 'sketchroom' ? dataDir : file),
    async on(server, wanted) {
      // Rooms that are not the boards tell the port, and have SketchRoom's people and rooms read once, as a start does.
      if (server.peer.id !== 'sketchroom') return server.createRooms(wanted)
      const { port } = await createRoom(server)
      return rooms.slice(0, wanted).map((room) => ({ ...room, port }))
    },
    remove: () => rm(directory, { recursive: true }),
  }
}

/** Measures how long the first client of a server just started waits for a large board. */
export async function measureColdBoard(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  const elements = plan.coldElements
  const stored = await storeBoards(stage, 1, elements)
  await interleave(stage.chosen([sketchroom, hocuspocus, yWebsocket]), plan.rounds, async (peer) => {
    const running = await startPeer(peer, stored.storedFor(peer))
    const [room] = await stored.on(running, 1)
    if (!room) throw new Error('no board was stored')
    results.record(OPENING, peer.id, await load.call('open', { dialect: peer.dialect, room, elements }))
    await running.stop()
  })
  await stored.remove()
}
