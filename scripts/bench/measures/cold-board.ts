import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mergeUpdates } from 'yjs'
import { boardUpdates } from '../load/board.ts'
import type { RoomAddress } from '../peers/peer-calls.ts'
import { hocuspocus, sketchroom, yWebsocket, type Peer } from '../peers/peers.ts'
import type { Plan } from '../plan.ts'
import type { Measure, Results } from '../results.ts'
import { interleave, startPeer, stopPeer, type Load } from '../stage.ts'

/** Measures how long the first client of a server just started waits for a large board. */
export async function measureColdBoard(load: Load, plan: Plan, results: Results): Promise<void> {
  const elements = plan.coldElements
  const opening: Measure = { title: `a stored board of ${elements} elements, opened cold`, unit: 'ms', better: 'lower' }
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-bench-cold-'))
  const file = join(directory, 'board')
  await writeFile(file, mergeUpdates(boardUpdates(elements)))
  const dataDir = join(directory, 'data')
  const storedRoom = await storeBoard(load, dataDir, elements)

  await interleave([sketchroom, hocuspocus, yWebsocket], plan.rounds, async (peer) => {
    const running = await startPeer(peer, peer.id === 'sketchroom' ? dataDir : file)
    // A room that is not the board tells the port, and has SketchRoom's people and rooms read once, as a start does.
    const [room] = await running.process.call('createRooms', 1)
    if (!room) throw new Error('no room was created')
    const board: RoomAddress = peer.id === 'sketchroom' ? { ...storedRoom, port: room.port } : room
    results.record(opening, peer.id, await load.call('open', { dialect: peer.dialect, room: board, elements }))
    await stopPeer(running)
  })
  await rm(directory, { recursive: true })
}

/** Has SketchRoom store a board as it would: drawn by a client, then folded into a snapshot when everybody left. */
async function storeBoard(load: Load, dataDir: string, elements: number): Promise<RoomAddress> {
  const peer: Peer = sketchroom
  const running = await startPeer(peer, dataDir)
  const rooms = await running.process.call('createRooms', 1)
  const [room] = rooms
  if (!room) throw new Error('no room was created')
  await load.call('fill', { dialect: peer.dialect, rooms, elements })
  await load.call('disperse')
  await stopPeer(running)
  return room
}
