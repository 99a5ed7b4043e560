import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An event as it came, of which a test looks at these parts. */
export interface ReceivedEvent {
  readonly level: string
  readonly message: string
  readonly release: string
  readonly environment: string
  readonly user?: { readonly id: string }
  readonly extra?: Readonly<Record<string, unknown>>
  readonly exception?: {
    readonly values: ReadonlyArray<{
      readonly type: string
      readonly value: string
      readonly stacktrace?: { readonly frames: unknown[] }
    }>
  }
}

/** Takes envelopes as Sentry does; https://develop.sentry.dev/sdk/foundations/transport/envelopes */
export class SentryReceiver {
  readonly events: ReceivedEvent[] = []
  /** All that came, as it came. */
  received = ''
  requests = 0
  readonly #server: Server
  #hangs = false

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests += 1
      if (this.#hangs) return
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        this.received += `${request.url}\n${body}\n`
        const [, ...items] = body.split('\n').filter(Boolean)
        for (let n = 0; n < items.length; n += 2) {
          if (items[n]?.includes('"type":"event"'))
            this.events.push(JSON.parse(items[n + 1] as string) as ReceivedEvent)
        }
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
  }

  static async start(): Promise<SentryReceiver> {
    const receiver = new SentryReceiver()
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get dsn(): string {
    return `http://key@127.0.0.1:${(this.#server.address() as AddressInfo).port}/42`
  }

  /** From now on, takes what comes and says nothing. */
  hang(): void {
    this.#hangs = true
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
