import type { Memory } from '../peers/peer-calls.ts'
import { hocuspocus, sketchroom, yWebsocket } from '../peers/peers.ts'
import type { Plan } from '../plan.ts'
import type { Measure, Results } from '../results.ts'
import { interleave, startPeer, stopPeer, type Load } from '../stage.ts'

/** So many share a room that what a room costs does not count for a connection. */
const PER_ROOM = 50

const measures = (title: string, unit: string) => ({
  rss: { title: `${title}: resident memory`, unit, better: 'lower' } satisfies Measure,
  heap: { title: 'the same: heap and buffers', unit, better: 'lower' } satisfies Measure,
})

/** Measures what an idle connection and a loaded room keep in memory, each time in a process just started. */
export async function measureMemory(load: Load, plan: Plan, results: Results): Promise<void> {
  const { idleConnections, loadedRooms, elementsPerRoom } = plan
  const connection = measures(`${idleConnections} idle connections, ${PER_ROOM} to a room, each`, 'KB')
  const room = measures(`${loadedRooms} rooms of ${elementsPerRoom} elements, each`, 'KB')
  await interleave([sketchroom, hocuspocus, yWebsocket], plan.rounds, async (peer) => {
    const running = await startPeer(peer)
    const { process } = running
    const { dialect } = peer
    const record = (to: typeof room, before: Memory, after: Memory, count: number) => {
      results.record(to.rss, peer.id, (after.rssBytes - before.rssBytes) / count / 1024)
      results.record(to.heap, peer.id, (after.heapBytes - before.heapBytes) / count / 1024)
    }
    // Code that runs for the first time takes memory too, once.
    const warm = await process.call('createRooms', 2)
    await load.call('fill', { dialect, rooms: warm, elements: elementsPerRoom })
    const empty = await process.call('memory')
    const crowded = await process.call('createRooms', idleConnections / PER_ROOM)
    await load.call('sit', { dialect, rooms: crowded, perRoom: PER_ROOM })
    const full = await process.call('memory')
    record(connection, empty, full, idleConnections)
    const boards = await process.call('createRooms', loadedRooms)
    await load.call('fill', { dialect, rooms: boards, elements: elementsPerRoom })
    record(room, full, await process.call('memory'), loadedRooms)
    await load.call('disperse')
    await stopPeer(running)
  })
}
