/** The process that plays all clients, so that the servers have a core to themselves. */
import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Dialect } from '../peers/peers.ts'
import { answerCalls } from '../remote-process.ts'
import { boardUpdates, countElements } from './board.ts'
import { join, type Client } from './client.ts'
import { DeliveryCounter } from './delivery-counter.ts'
import { RoomFrames } from './dialects.ts'
import { editSources } from './edit-source.ts'
import { Gathering } from './gathering.ts'
import type { LoadCalls } from './load-calls.ts'

/** As many edits as a fast server takes in one round, made before anything is measured. */
const EDITS_IN_STOCK = 60_000

let gathering: Gathering | undefined
let sitting: Client[] = []
editSources(1)[0]?.edit(EDITS_IN_STOCK)

answerCalls<LoadCalls>({
  async gather(cast) {
    gathering = await Gathering.form(cast)
  },
  saturate: (options) => present().saturate(options),
  draw: (options) => present().draw(options),
  disperse() {
    gathering?.disperse()
    gathering = undefined
    for (const { socket } of sitting) socket.end()
    sitting = []
  },
  async sit({ dialect, rooms, perRoom }) {
    for (const room of rooms) {
      const frames = new RoomFrames(dialect, room)
      sitting.push(...(await Promise.all(Array.from({ length: perRoom }, () => join(frames, room)))))
    }
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
})

function present(): Gathering {
  if (!gathering) throw new Error('nobody is in the room')
  return gathering
}

/** Writes updates and resolves when the server has told the writer of all of them: all servers echo. */
async function write(dialect: Dialect, room: RoomAddress, updates: readonly Uint8Array[]): Promise<Client> {
  const frames = new RoomFrames(dialect, room)
  const [expected, told] = [new DeliveryCounter(), new DeliveryCounter()]
  for (const update of updates) expected.add(update)
  const { promise, resolve } = Promise.withResolvers<void>()
  const client = await join(frames, room, (incoming) => {
    if (incoming.kind === 'update') told.add(incoming.update)
    if (told.count === expected.count) resolve()
  })
  for (const update of updates) client.socket.send(frames.update(update))
  await promise
  return client
}
