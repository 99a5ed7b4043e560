import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { refuseSlowBodies, type BodyPace } from './slow-bodies.ts'

/** What an address with too many connections is told: they seldom close sooner. */
const RETRY_AFTER_SECONDS = 30

/** How long a client may take to send something, in milliseconds, and how slow it may be. */
export interface ReceiveLimits extends BodyPace {
  /** The head of a request: that of an upgrade too, until it is whole. */
  readonly headMs: number
  /** A request with its body. */
  readonly requestMs: number
}

/**
 * The HTTP server, with time limits for what is on its way in: whoever sends half a request, or nothing, gives its
 * descriptor back, `checkEveryMs` after its time at the latest. They end where an upgrade begins: Node lets go of the socket
 * then, and the socket's new owner must close it.
 */
export function createHttpServer(answer: RequestListener, limits: ReceiveLimits): Server {
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    answer,
  )
  refuseSlowBodies(server, limits)
  return server
}

/** Counts the connections of an address; false for one too many. */
export interface ConnectionLimit {
  take(ip: string, socket: Socket): boolean
}

/** Refuses the connections of an address that has too many, whatever it does with them: each is a descriptor. */
export function limitConnections(server: Server, limit: ConnectionLimit, onRefused: () => void): void {
  server.on('connection', (socket) => {
    if (limit.take(socket.remoteAddress ?? '', socket)) return
    onRefused()
    socket.end(
      `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${RETRY_AFTER_SECONDS}\r\nConnection: close\r\n\r\n`,
      () => socket.destroy(),
    )
  })
}

/** Opens and closes the door of an HTTP server. WebSockets are not its business, once they are upgraded. */
export class HttpListener {
  readonly #server: Server
  readonly #underWay = new Set<ServerResponse>()

  constructor(server: Server) {
    this.#server = server
    server.on('request', (_request, response) => {
      this.#underWay.add(response)
      response.once('close', () => this.#underWay.delete(response))
    })
  }

  /** Resolves when the server listens; rejects when it cannot, for the port is taken, say. */
  open({ port, host }: { port: number; host: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  /**
   * Takes no new connections and waits until the requests under way are answered; those that are not by the
   * deadline are cut off, and it resolves with false.
   */
  async close(deadlineMs: number): Promise<boolean> {
    this.#server.close()
    // The server's own callback would wait for the WebSockets too.
    const answers = [...this.#underWay].map((response) => {
      response.shouldKeepAlive = false
      return new Promise((resolve) => response.once('close', resolve))
    })
    const inTime = Promise.all(answers).then(() => true)
    const answered = await Promise.race([inTime, wait(deadlineMs, false, { ref: false })])
    this.#server.closeAllConnections()
    return answered
  }
}
