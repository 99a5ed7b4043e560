import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'

/** What goes out at once, at most: a line that gives a second's worth in one burst is fast with pauses, not slow. */
const PACKET_BYTES = 1_400
const PACKETS_PER_SECOND = 20
/** On a busy machine timers come late: the line makes up for that, or it would be slower than it says. */
const LATE_MS = 100

/** One way of the line: all connections share its speed. */
class Way {
  /** All that has come out at the other end, in bytes. */
  movedBytes = 0
  bytesPerSecond: number
  /** When what was taken last will have passed, by `performance.now()`. */
  #freeAt = 0

  constructor(bytesPerSecond: number) {
    this.bytesPerSecond = bytesPerSecond
  }

  /** Gives the one what comes from the other, at the line's speed; the sender feels it, as by a real one. */
  connect(from: Socket, to: Socket): void {
    let passing = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      from.pause()
      passing = this.#pass(chunk, to).then(() => void from.resume())
    })
    from.once('end', () => void passing.then(() => to.end()))
    from.on('error', () => from.destroy())
    from.once('close', () => void passing.then(() => to.destroy()))
  }

  async #pass(chunk: Buffer, to: Socket): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const packet = chunk.subarray(
        at,
        at + Math.min(PACKET_BYTES, Math.ceil(this.bytesPerSecond / PACKETS_PER_SECOND)),
      )
      at += packet.length
      const now = performance.now()
      this.#freeAt = Math.max(now - LATE_MS, this.#freeAt) + (packet.length / this.bytesPerSecond) * 1_000
      const waitMs = this.#freeAt - now
      if (waitMs > 1) await after(waitMs)
      if (to.destroyed) return
      this.movedBytes += packet.length
      if (!to.write(packet)) await once(to, 'drain').catch(() => undefined)
    }
  }
}

/** A slow network line to a server, as a TCP proxy in this process: for tests of what takes long. */
export class SlowLine {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #up: Way
  readonly #down: Way
  #isCut = false

  private constructor(to: URL, bytesPerSecond: number) {
    this.#up = new Way(bytesPerSecond)
    this.#down = new Way(bytesPerSecond)
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      if (this.#isCut) return void near.destroy()
      const far = connect({ port: Number(to.port), host: to.hostname, allowHalfOpen: true })
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.once('close', () => this.#sockets.delete(socket))
      }
      this.#up.connect(near, far)
      this.#down.connect(far, near)
    })
  }

  /** A line to the server of this URL, with so many bytes per second each way. */
  static async to(url: string, { bytesPerSecond }: { bytesPerSecond: number }): Promise<SlowLine> {
    const line = new SlowLine(new URL(url), bytesPerSecond)
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  /** What of the server is reached over this line: the same URL, with the line's port. */
  url(url: string): string {
    const through = new URL(url)
    through.hostname = '127.0.0.1'
    through.port = `${(this.#server.address() as AddressInfo).port}`
    return through.href
  }

  /** How much has come out at the server, and at the clients, in bytes. */
  get moved(): { up: number; down: number } {
    return { up: this.#up.movedBytes, down: this.#down.movedBytes }
  }

  /** From now on the line has another speed; what it has taken already comes at the old one. */
  setSpeed(bytesPerSecond: number): void {
    this.#up.bytesPerSecond = bytesPerSecond
    this.#down.bytesPerSecond = bytesPerSecond
  }

  /** Cuts the line: what was on its way is lost, both ends learn of it, and nobody gets through until `mend`. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Takes back `cut`. */
  mend(): void {
    this.#isCut = false
  }

  /** Ends it all. */
  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
