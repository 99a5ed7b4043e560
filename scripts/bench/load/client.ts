import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Incoming, RoomFrames } from './dialects.ts'
import { LightSocket } from './light-socket.ts'

/** Somebody in a room, who keeps no document: what comes is handed on as bytes. */
export interface Client {
  readonly socket: LightSocket
  /** The document as the server told it on joining, as an update. */
  readonly document: Uint8Array
}

/** Lets a client in; resolves when the server has told it the document. */
export async function join(
  frames: RoomFrames,
  room: RoomAddress,
  receive: (incoming: Incoming) => void = () => undefined,
): Promise<Client> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  const socket = await LightSocket.open(room, (payload) => {
    const incoming = frames.read(payload)
    if (incoming.kind === 'answer') resolve(incoming.update)
    else receive(incoming)
  })
  for (const greeting of frames.greeting) socket.send(greeting)
  return { socket, document: await promise }
}
