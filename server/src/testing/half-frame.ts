import { connect, type Socket } from 'node:net'

/** How a client asks for a WebSocket. */
export const UPGRADE = Buffer.from(
  'GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
)
const FRAME_HEAD = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0xf4, 0x24, 0, 0, 0, 0, 0])

/** Sends these bytes on a connection of its own, and nothing more; whatever becomes of it. */
export function begin(port: number, bytes: Uint8Array): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  socket.write(bytes)
  return socket
}

/** Sends a frame that is declared to have 16 MB, but for its end, by somebody who never signs in. */
export function beginHalfFrame(port: number): Socket {
  return begin(port, Buffer.concat([UPGRADE, FRAME_HEAD, Buffer.alloc(15_500_000)]))
}
