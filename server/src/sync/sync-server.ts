import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { SYNC_PATH, YJS_PATH } from '@sketchroom/shared/api/paths'
import { findRoomId, type RoomId } from '@sketchroom/shared/ids'
import { CLOSE_CODES } from '@sketchroom/shared/protocol/close-codes'
import { nanoid } from 'nanoid'
import type { Logger } from 'pino'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Entrance } from './doorkeeper.ts'
import { FrameBuilder, FrameWriter } from './frame-writer.ts'
import type { RoomHost } from './room-host.ts'
import { createYjsDialect, hocuspocusDialect } from './sync-dialect.ts'
import { SyncSocket } from './sync-socket.ts'
import { authToken } from './wire.ts'

/** The largest frame a client may send: a long offline edit fits, a flood does not. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024
/** The subprotocol under which a y-websocket client brings its token. */
const YJS_SUBPROTOCOL = 'sketchroom'
const GOODBYE_MS = 1_000

/** Where an upgrade wants to go. */
type Destination =
  | { readonly kind: 'sync' }
  | { readonly kind: 'yjs'; readonly roomId: RoomId; readonly token: string; readonly tokenInUrl: boolean }

/** What the WebSocket side is made of. */
export interface SyncServerParts {
  readonly host: RoomHost
  readonly log: Logger
  /** How many proxies in front are believed about what the client asked for. */
  readonly trustProxy: number
}

/** Takes WebSocket upgrades on the HTTP server's port and gives each socket its room. */
export class SyncServer {
  readonly #parts: SyncServerParts
  readonly #sockets = new Map<WebSocket, SyncSocket>()
  readonly #upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has(YJS_SUBPROTOCOL) ? YJS_SUBPROTOCOL : false),
  })
  readonly #frames = new FrameBuilder()
  #draining = false

  constructor(parts: SyncServerParts) {
    this.#parts = parts
  }

  /** Listens for upgrades of this server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Refuses upgrades from now on. */
  refuseUpgrades(): void {
    this.#draining = true
  }

  /** Says goodbye to every client (1001), and hangs up on those that do not answer in time. */
  async closeSockets(): Promise<void> {
    const closed = [...this.#sockets.keys()].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of this.#sockets.values()) socket.close(CLOSE_CODES.shuttingDown, 'shutting_down')
    const late = setTimeout(() => {
      for (const socket of this.#sockets.values()) socket.terminate()
    }, GOODBYE_MS)
    await Promise.all(closed)
    clearTimeout(late)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (this.#draining) return refuse(socket, 503, 'shutting_down')
    const destination = findDestination(request)
    if (!destination) return refuse(socket, 404, 'not_found')
    const entrance = {
      origin: request.headers.origin,
      host: hostOf(request, this.#parts.trustProxy > 0),
      tokenInUrl: destination.kind === 'yjs' && destination.tokenInUrl,
    }
    this.#upgrader.handleUpgrade(request, socket, head, (webSocket) =>
      this.#open(webSocket, socket, destination, entrance),
    )
  }

  #open(webSocket: WebSocket, stream: Duplex, destination: Destination, entrance: Entrance): void {
    const { host, log } = this.#parts
    const socket = new SyncSocket({
      socket: webSocket,
      writer: new FrameWriter(stream, this.#frames),
      dialect: destination.kind === 'yjs' ? createYjsDialect(destination.roomId) : hocuspocusDialect,
      hocuspocus: host.hocuspocus,
      entrance,
      log: log.child({ connectionId: nanoid(10) }),
    })
    this.#sockets.set(webSocket, socket)
    webSocket.once('close', () => this.#sockets.delete(webSocket))
    if (destination.kind === 'yjs') socket.inject(authToken(destination.roomId, destination.token))
  }
}

function findDestination(request: IncomingMessage): Destination | undefined {
  // `parse` answers null for what is no URL, such as `//`; a throw in here would end the process.
  const url = URL.parse(request.url ?? '/', 'http://sketchroom.invalid')
  if (url?.pathname === SYNC_PATH) return { kind: 'sync' }
  if (!url?.pathname.startsWith(`${YJS_PATH}/`)) return undefined
  const roomId = findRoomId(url.pathname.slice(YJS_PATH.length + 1))
  if (!roomId) return undefined
  const [protocol, ...tokens] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim())
  const token = protocol === YJS_SUBPROTOCOL ? tokens[0] : undefined
  if (token) return { kind: 'yjs', roomId, token, tokenInUrl: false }
  return { kind: 'yjs', roomId, token: url.searchParams.get('token') ?? '', tokenInUrl: true }
}

/** The host that the client asked for: the proxy's word for it counts when HTTP (Koa) would believe it. */
function hostOf({ headers }: IncomingMessage, trustsProxy: boolean): string {
  const forwarded = trustsProxy ? headers['x-forwarded-host'] : undefined
  const [host = ''] = (forwarded?.toString() || headers.host || '').split(',')
  return host.trim()
}

function refuse(socket: Duplex, status: 404 | 503, code: string): void {
  const body = JSON.stringify({ status, code })
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
}
