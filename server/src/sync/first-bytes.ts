import type { Socket } from 'node:net'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import type { WebSocket } from 'ws'

/** A token, a state vector and a cursor for each of a socket's rooms are far less. */
const MAX_FIRST_BYTES = 256 * 1024
/** How long a client that was cut may take to read why. */
const GOODBYE_MS = 1_000

/**
 * Bounds what a socket may send before it is in a room, in all. `ws` has one limit for the frames of all its sockets,
 * which must let a long offline edit pass, and hands a frame on when it is whole; so this counts on the stream itself,
 * and cuts a large frame while it comes.
 */
export class FirstBytes {
  readonly #webSocket: WebSocket
  readonly #stream: Socket
  readonly #lastByte: number
  readonly #count = (): void => {
    if (this.#stream.bytesRead > this.#lastByte) this.#cut()
  }

  /** Counts from now on: what came with the request itself is one packet at most. */
  constructor(webSocket: WebSocket, stream: Socket) {
    this.#webSocket = webSocket
    this.#stream = stream
    this.#lastByte = stream.bytesRead + MAX_FIRST_BYTES
    stream.on('data', this.#count)
  }

  /** The client is in a room: what it sends is the room's to judge from now on. */
  signedIn(): void {
    this.#stream.off('data', this.#count)
  }

  #cut(): void {
    this.#webSocket.close(closeCodeOf.too_large, 'too_large')
    // `ws` would go on gathering until the frame is whole; and unread bytes would make TCP reset the connection, and
    // the client would not learn why. So what still comes is read and thrown away, for a moment.
    this.#stream.removeAllListeners('data')
    this.#stream.resume()
    const hangUp = setTimeout(() => this.#webSocket.terminate(), GOODBYE_MS)
    this.#stream.once('close', () => clearTimeout(hangUp))
  }
}
