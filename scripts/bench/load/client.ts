import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Incoming, RoomFrames } from './dialects.ts'
import { LightSocket, wholeMessages } from './light-socket.ts'

/** Somebody in a room, who keeps no document: what comes is handed on as bytes. */
export interface Client {
  readonly socket: LightSocket
  /** The document as the server told it on joining, as updates: one, or several when it came in pieces. */
  readonly document: readonly Uint8Array[]
}

/** What a client does beside joining. */
export interface JoinOptions {
  /** Takes what comes once the document is there. The bytes are valid only during the call. */
  readonly receive?: (incoming: Incoming) => void
  /**
   * Whether the server's question for what it lacks is answered, with nothing, as clients do. A writer leaves it
   * open, since the answer may be acknowledged like an edit, and acknowledgements are counted.
   */
  readonly answers?: boolean
}

/** Lets a client in; resolves when the server has told it the document. */
export async function join(
  frames: RoomFrames,
  room: RoomAddress,
  { receive = () => undefined, answers = true }: JoinOptions = {},
): Promise<Client> {
  const document: Uint8Array[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let [isIn, isAsked] = [false, false]
  let socket: LightSocket | undefined
  const onMessage = (payload: Buffer) => {
    const incoming = frames.read(payload)
    if (incoming.kind === 'question') {
      // y-websocket's server may ask with its handshake, before there is a socket here to answer with.
      isAsked = true
      if (answers) socket?.send(frames.nothing)
    } else if (isIn) {
      receive(incoming)
    } else if (incoming.kind === 'answer' || incoming.kind === 'update') {
      document.push(incoming.update.slice())
      if (incoming.kind === 'update') return
      isIn = true
      resolve()
    }
  }
  socket = await LightSocket.open(room, wholeMessages(onMessage))
  if (answers && isAsked) socket.send(frames.nothing)
  for (const greeting of frames.greeting()) socket.send(greeting)
  await promise
  return { socket, document }
}
