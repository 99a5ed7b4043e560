import type { Server, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

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
