import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How slowly the body of a request may come. */
export interface BodyPace {
  /** So much time it has anyway, in milliseconds: a line may stand still for as long. */
  readonly graceMs: number
  /** From then on, it must have come at least this fast on average. */
  readonly leastBytesPerSecond: number
  /** How often that is asked, in milliseconds. */
  readonly checkEveryMs: number
}

/** Whether a body of which so much has come since it began is too slow. */
export function isTooSlow(
  receivedBytes: number,
  elapsedMs: number,
  { graceMs, leastBytesPerSecond }: Omit<BodyPace, 'checkEveryMs'>,
): boolean {
  return receivedBytes < (leastBytesPerSecond * (elapsedMs - graceMs)) / 1000
}

/**
 * Ends the connections of those whose requests come drop by drop. Node only has a deadline for the whole of a request, which
 * must be long enough for the largest body on a slow line: whoever sends a byte now and then would have all of it.
 */
export function refuseSlowBodies(server: Server, pace: BodyPace): void {
  /** Of a connection that has been used before: what had come with those requests. */
  const readBefore = new WeakMap<Socket, number>()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const startedAt = performance.now()
    const bytesBefore = readBefore.get(socket) ?? 0

    function check(): void {
      if (request.complete || socket.destroyed) return
      if (isTooSlow(socket.bytesRead - bytesBefore, performance.now() - startedAt, pace)) {
        return tellTooSlow(request, response)
      }
      timer = setTimeout(check, pace.checkEveryMs)
    }
    let timer = setTimeout(check, pace.graceMs + pace.checkEveryMs)
    request.once('close', () => {
      clearTimeout(timer)
      readBefore.set(socket, socket.bytesRead)
    })
  })
}

/** As Node itself does when a request takes too long. */
function tellTooSlow({ socket }: IncomingMessage, { headersSent }: ServerResponse): void {
  // In the middle of an answer, another one would be taken for a part of it.
  if (headersSent) return void socket.destroy()
  socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n', () => socket.destroy())
}
