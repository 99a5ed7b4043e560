import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** How long a client may take to send something, in milliseconds. */
export interface ReceiveTimeouts {
  /** The head of a request: that of an upgrade too, until it is whole. */
  readonly headMs: number
  /** A request with its body. */
  readonly requestMs: number
  /** How often it is checked, which is how much later than its time a connection may be cut. */
  readonly checkEveryMs: number
}

/** The head is a few packets; a body of the largest size comes over a slow line in two minutes. */
const DEFAULT_TIMEOUTS: ReceiveTimeouts = { headMs: 15_000, requestMs: 120_000, checkEveryMs: 5_000 }

/**
 * The HTTP server, with time limits for what is on its way in: whoever sends half a request, or nothing, gives its
 * descriptor back. They end where an upgrade begins: Node lets go of the socket then, and the socket's new owner must
 * close it.
 */
export function createHttpServer(answer: RequestListener, timeouts: ReceiveTimeouts = DEFAULT_TIMEOUTS): Server {
  return createServer(
    {
      headersTimeout: timeouts.headMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkEveryMs,
    },
    answer,
  )
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
