import type { Duplex } from 'node:stream'
import type { ErrorCode } from '@sketchroom/shared/error-codes'

/** Long enough for an answer to arrive. Whoever has it and does not hang up wants to keep our descriptor. */
const HANG_UP_AFTER_MS = 1_000

/** What an upgrade is refused with. */
export interface Refusal {
  readonly status: 403 | 404 | 429 | 503
  readonly code: ErrorCode
  readonly retryAfterSeconds?: number
}

/**
 * Answers an upgrade with a refusal and ends its connection, also when the peer keeps its own side open. Node's HTTP
 * server has let go of the socket by then: none of its timeouts and none of its closing apply any more.
 */
export function refuseUpgrade(socket: Duplex, refusal: Refusal, hangUpAfterMs = HANG_UP_AFTER_MS): void {
  const { status, code, retryAfterSeconds } = refusal
  const body = JSON.stringify({ status, code })
  const head = [
    `HTTP/1.1 ${status} ${code}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // What still comes is read and thrown away: unread, the peer's own end would not be seen, and closing would make TCP
  // reset the connection, so that the answer could be lost.
  socket.resume()
  const hangUp = setTimeout(() => socket.destroy(), hangUpAfterMs)
  socket.once('close', () => clearTimeout(hangUp))
}
