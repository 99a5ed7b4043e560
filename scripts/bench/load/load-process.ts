/** The process that plays all clients, so that the servers have a core to themselves. */
import { answerCalls } from '../answer-calls.ts'
import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Dialect } from '../peers/peers.ts'
import { boardUpdates, countElements } from './board.ts'
import { join, type Client } from './client.ts'
import { gatherCrowd } from './crowd.ts'
import { DeliveryCounter } from './delivery-counter.ts'
import { RoomFrames, type Incoming } from './dialects.ts'
import { editSources } from './edit-source.ts'
import { Gathering } from './gathering.ts'
import type { LoadCalls } from './load-calls.ts'
import { returnOnce } from './return-visit.ts'

/** As many edits as a fast server takes in one round, made before anything is measured. */
const EDITS_IN_STOCK = 60_000
/** So many sit down at once. */
const SIT_AT_ONCE = 50

let gathering: Gathering | undefined
let sitting: Client[] = []
editSources(1)[0]?.edit(EDITS_IN_STOCK)

answerCalls<LoadCalls>({
  async gather(cast) {
    gathering = await Gathering.form(cast)
  },
  saturate: (options) => present().saturate(options),
  draw: (options) => present().draw(options),
  pour: (options) => present().pour(options),
  async comeBack({ dialect, room, times }) {
    const frames = new RoomFrames(dialect, room)
    const { stateVector } = present()
    const bytes: number[] = []
    for (let n = 0; n < times; n++) bytes.push(await returnOnce(frames, room, stateVector))
    return bytes
  },
  disperse() {
    gathering?.disperse()
    gathering = undefined
    for (const { socket } of sitting) socket.end()
    sitting = []
  },
  async sit({ dialect, rooms, perRoom }) {
    for (const room of rooms) {
      const frames = new RoomFrames(dialect, room)
      for (let left = perRoom; left > 0; left -= SIT_AT_ONCE) {
        const some = Array.from({ length: Math.min(left, SIT_AT_ONCE) }, () => join(frames, room))
        sitting.push(...(await Promise.all(some)))
      }
    }
  },
  async openAtOnce({ dialect, rooms }) {
    const start = performance.now()
    sitting.push(...(await Promise.all(rooms.map((room) => join(new RoomFrames(dialect, room), room)))))
    return performance.now() - start
  },
  async fill({ dialect, rooms, elements }) {
    const updates = boardUpdates(elements)
    for (const room of rooms) sitting.push(await write(dialect, room, updates))
  },
  async open({ dialect, room, elements }) {
    const start = performance.now()
    const { socket, document } = await join(new RoomFrames(dialect, room), room)
    const milliseconds = performance.now() - start
    socket.end()
    const found = countElements(document)
    if (found !== elements) throw new Error(`${found} of ${elements} elements came`)
    return milliseconds
  },
  crowd: gatherCrowd,
})

function present(): Gathering {
  if (!gathering) throw new Error('nobody is in the room')
  return gathering
}

/** Writes updates; resolves when the server has acknowledged all of them, or told the writer where it does not. */
async function write(dialect: Dialect, room: RoomAddress, updates: readonly Uint8Array[]): Promise<Client> {
  const frames = new RoomFrames(dialect, room)
  const [expected, told] = [new DeliveryCounter(), new DeliveryCounter()]
  for (const update of updates) expected.add(update)
  let acknowledged = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const receive = (incoming: Incoming) => {
    if (incoming.kind === 'ack') acknowledged += 1
    else if (incoming.kind === 'update' && dialect === 'yjs') told.add(incoming.update)
    if (acknowledged === updates.length || told.count === expected.count) resolve()
  }
  const client = await join(frames, room, { receive, answers: false })
  for (const update of updates) client.socket.send(frames.update(update))
  await promise
  return client
}
