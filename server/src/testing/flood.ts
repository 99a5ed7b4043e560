import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ClientOptions } from 'ws'

/** The mask of all frames: it is to differ for each, and this one changes nothing. */
const MASK = Buffer.alloc(4)

/** A WebSocket frame of a client's, with a whole binary message. */
export function clientFrame(message: Uint8Array): Buffer {
  const { length } = message
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = 0x82
  head[1] = 0x80 | (head.length === 2 ? length : head.length === 4 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, MASK, message])
}

/** The TCP connection of a `ws` client, to which bytes can be written beside it, as fast as the system takes them. */
export class RawConnection {
  #socket: Socket | undefined

  /** For the constructor of a `WebSocket`. */
  readonly options: ClientOptions = {
    createConnection: (options: unknown) => (this.#socket = connect(options as { host: string; port: number })),
  }

  /** Writes bytes; resolves when the system has taken all of them, or the connection is gone. */
  async write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket
    if (!socket || socket.destroyed) return
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
  }
}
