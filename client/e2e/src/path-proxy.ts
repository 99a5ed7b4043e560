import { once } from 'node:events'
import { createServer, request as ask, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'

/** A server behind the proxy. */
interface Place {
  readonly port: number
  /** Whether the server is asked without the path. */
  readonly strips: boolean
}

/** One origin with servers below paths of it. Beside these paths there is nothing: whoever asks there gets a 404. */
export class PathProxy {
  readonly origin: string
  /** What was asked for beside the paths. */
  readonly strays: string[] = []
  readonly #server: Server
  readonly #places = new Map<string, Place>()

  private constructor(server: Server) {
    this.#server = server
    this.origin = `http://localhost:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => {
      const target = this.#find(request)
      if (!target) return response.writeHead(404).end()
      const { method = 'GET', headers } = request
      const passed = ask({ host: '127.0.0.1', ...target, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      passed.on('error', () => response.destroy())
      request.pipe(passed)
    })
    server.on('upgrade', (request, socket, head) => {
      const target = this.#find(request)
      if (!target) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
      const passed = connect(target.port, '127.0.0.1')
      const lines = request.rawHeaders.map((word, at) => (at % 2 === 0 ? `${word}: ` : `${word}\r\n`))
      passed.write(`GET ${target.path} HTTP/1.1\r\n${lines.join('')}\r\n`)
      passed.write(head)
      socket.pipe(passed).pipe(socket)
      for (const [one, other] of [[socket, passed] as const, [passed, socket] as const]) {
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
      }
    })
  }

  static async open(): Promise<PathProxy> {
    const server = createServer()
    await once(server.listen(0, 'localhost'), 'listening')
    return new PathProxy(server)
  }

  /** Puts a server below a path, which begins and ends with a slash. */
  serve(path: string, place: Place): void {
    this.#places.set(path, place)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #find({ url = '/' }: IncomingMessage): { port: number; path: string } | undefined {
    const found = [...this.#places].find(([path]) => url.startsWith(path))
    if (!found) return void this.strays.push(url)
    const [path, { port, strips }] = found
    return { port, path: strips ? url.slice(path.length - 1) : url }
  }
}
