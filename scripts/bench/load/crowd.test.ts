import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import * as Y from 'yjs'
import type { RoomAddress } from '../peers/peer-calls.ts'
import { boardUpdates, countElements } from './board.ts'
import { join } from './client.ts'
import { gatherCrowd } from './crowd.ts'
import { RoomFrames } from './dialects.ts'

const ELEMENTS = 400
const EMPTY = Y.encodeStateAsUpdate(new Y.Doc())

function message(subtype: number, payload: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, MESSAGE.sync)
  encoding.writeVarUint(encoder, subtype)
  encoding.writeVarUint8Array(encoder, payload)
  return encoding.toUint8Array(encoder)
}

/** Sends a message in frames of at most 1,000 bytes, with a ping after each. */
function sendInFrames(socket: WebSocket, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 1000) {
    socket.send(bytes.subarray(at, at + 1000), { fin: at + 1000 >= bytes.length })
    socket.ping()
  }
}

/** A server of the y-websocket protocol; `tell` answers a joiner, given the edits that were made until then. */
async function serve(tell: (socket: WebSocket, edits: readonly Uint8Array[]) => void): Promise<RoomAddress> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close())
  await once(server, 'listening')
  const edits: Uint8Array[] = []
  server.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const decoder = decoding.createDecoder(data)
      decoding.readVarUint(decoder)
      const subtype = decoding.readVarUint(decoder)
      const payload = decoding.readVarUint8Array(decoder).slice()
      if (subtype === SYNC.step1) tell(socket, edits)
      else edits.push(payload)
    }),
  )
  const { port } = server.address() as AddressInfo
  return { port, path: '/', name: 'board', token: '' }
}

const crowdIn = (room: RoomAddress) => gatherCrowd({ dialect: 'yjs', room, elements: ELEMENTS, people: 12 })

/** The board in updates, and then an answer that adds nothing. */
function tellInPieces(socket: WebSocket): void {
  for (const update of boardUpdates(ELEMENTS)) sendInFrames(socket, message(SYNC.update, update))
  socket.send(message(SYNC.step2, EMPTY))
}

test('a joiner’s document is what came before the answer and the answer together, in frames of any size', async () => {
  const room = await serve(tellInPieces)
  const { socket, document } = await join(new RoomFrames('yjs', room), room)
  socket.end()
  expect(countElements(document)).toBe(ELEMENTS)
})

test('a crowd has the board when all of it and the edit are there, whether in the answer or after it', async () => {
  const within = await serve((socket, edits) =>
    sendInFrames(socket, message(SYNC.step2, Y.mergeUpdates([...boardUpdates(ELEMENTS), ...edits]))),
  )
  expect(await crowdIn(within)).toHaveLength(12)
  const afterwards = await serve((socket, edits) => {
    tellInPieces(socket)
    for (const edit of edits) socket.send(message(SYNC.update, edit))
  })
  expect(await crowdIn(afterwards)).toHaveLength(12)
})

test('a crowd that is not told the edit, or not all of the board, is an error', async () => {
  await expect(crowdIn(await serve(tellInPieces))).rejects.toThrow('answered true, edit false')
  const withoutAll = await serve((socket, edits) => {
    for (const update of [...boardUpdates(ELEMENTS).slice(1), ...edits]) socket.send(message(SYNC.update, update))
    socket.send(message(SYNC.step2, EMPTY))
  })
  await expect(crowdIn(withoutAll)).rejects.toThrow('answered true, edit true')
})
