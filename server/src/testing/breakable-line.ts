import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A network line to a service, as a TCP proxy in this process, through which nothing comes for a while. */
export class BreakableLine {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isBroken = false

  private constructor(to: URL) {
    this.#server = createServer((near) => {
      const far = connect(Number(to.port), to.hostname)
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.setNoDelay(true)
        from.pipe(into)
        from.on('error', () => from.destroy())
        from.once('close', () => {
          this.#sockets.delete(from)
          into.destroy()
        })
        if (this.#isBroken) from.pause()
      }
    })
  }

  /** A line to the service of this URL. */
  static async to(url: string): Promise<BreakableLine> {
    const line = new BreakableLine(new URL(url))
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  /** The same URL, over this line. */
  url(url: string): string {
    const { port } = this.#server.address() as AddressInfo
    return Object.assign(new URL(url), { hostname: '127.0.0.1', port: `${port}` }).href
  }

  /** From now on nothing comes through, and nobody is told: connections stay open, new ones are made to no answer. */
  break(): void {
    this.#isBroken = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** What was under way comes, and all that is sent. */
  mend(): void {
    this.#isBroken = false
    for (const socket of this.#sockets) socket.resume()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
