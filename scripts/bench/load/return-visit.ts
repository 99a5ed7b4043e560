import { encodeStateVector } from 'yjs'
import type { RoomAddress } from '../peers/peer-calls.ts'
import type { RoomFrames } from './dialects.ts'
import { LightSocket, wholeMessages } from './light-socket.ts'

/** Somebody who has the whole document comes back and goes again; resolves with the bytes that the server sent. */
export async function returnOnce(
  frames: RoomFrames,
  room: RoomAddress,
  stateVector: ReadonlyMap<number, number>,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isAsked = false
  const receive = (payload: Buffer) => {
    const incoming = frames.read(payload)
    if (incoming.kind === 'question') isAsked = true
    if (incoming.kind === 'answer') resolve()
  }
  const socket = await LightSocket.open(room, wholeMessages(receive))
  for (const greeting of frames.greeting(encodeStateVector(new Map(stateVector)))) socket.send(greeting)
  await promise
  // One server asks before it answers, one after, one perhaps not at all. After the pong, it has asked.
  await socket.ping()
  if (isAsked) {
    socket.send(frames.nothing)
    await socket.ping()
  }
  socket.end()
  return socket.receivedBytes
}
