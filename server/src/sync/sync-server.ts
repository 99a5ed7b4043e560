import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import type { Duplex } from 'node:stream'
import { SYNC_PATH, YJS_PATH } from '@sketchroom/shared/api/paths'
import { findRoomId, type RoomId } from '@sketchroom/shared/ids'
import { CLOSE_CODES, closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { OLDEST_PROTOCOL, VERSION_PARAMETER } from '@sketchroom/shared/protocol/version'
import { nanoid } from 'nanoid'
import type { Logger } from 'pino'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { addressKey, clientAddress, requestedHost } from '../client-address.ts'
import type { ClientLimits } from '../client-limits.ts'
import type { Approach } from '../core/rooms/admission.ts'
import { withoutPublicPath } from '../public-path.ts'
import { AddressLimit } from './address-limit.ts'
import { FrameBuilder, FrameWriter } from './frame-writer.ts'
import { GOODBYE_MS, IncomingBytes } from './incoming-bytes.ts'
import { LargeReads } from './large-reads.ts'
import { refuseUpgrade, type Refusal } from './refuse-upgrade.ts'
import type { RoomHost } from './room-host.ts'
import { createYjsDialect, hocuspocusDialect } from './sync-dialect.ts'
import { SyncSocket } from './sync-socket.ts'
import { UnhandledBytes } from './unhandled-bytes.ts'

/** The subprotocol under which a y-websocket client brings its token. */
const YJS_SUBPROTOCOL = 'sketchroom'
/** How long a client may take to answer a goodbye while the server goes on. */
const CLOSE_MS = 5_000
/** What is said to an address with too many sockets: they seldom close sooner. */
const RETRY_AFTER_SECONDS = 30

/** The largest message comes in so many parts at most: smaller ones would take more memory than what is in them. */
const MAX_PARTS = 32 * 1024

/** The types of `ws` do not know these two yet. */
const UPGRADER_OPTIONS: ServerOptions & { closeTimeout: number; maxBufferedChunks: number } = {
  noServer: true,
  perMessageDeflate: false,
  closeTimeout: CLOSE_MS,
  maxBufferedChunks: MAX_PARTS,
  // Each would be answered, however many come: the socket's own code answers those that it counts.
  autoPong: false,
  handleProtocols: (protocols) => (protocols.has(YJS_SUBPROTOCOL) ? YJS_SUBPROTOCOL : false),
}

/** Where an upgrade wants to go. */
type Destination =
  | { readonly kind: 'sync' }
  | { readonly kind: 'outdated' }
  | { readonly kind: 'yjs'; readonly roomId: RoomId; readonly token: string; readonly tokenInUrl: boolean }

/** What the WebSocket side is made of. */
export interface SyncServerParts {
  readonly host: RoomHost
  readonly log: Logger
  /** The path below which the server is; see `withoutPublicPath`. */
  readonly publicPath: string
  /** How many proxies in front are believed about who the client is and what it asked for. */
  readonly trustProxy: number
  /** How many sockets one address may have open at a time. */
  readonly maxSocketsPerAddress: number
  /** Whether nobody from this address is served. */
  readonly isBlocked: (ip: string) => boolean
  readonly limits: ClientLimits
}

/** How many times some of the sockets are closed, where that is done little by little. */
const SLICES = 20

/** Takes WebSocket upgrades on the HTTP server's port and gives each socket its room. */
export class SyncServer {
  readonly #parts: SyncServerParts
  readonly #sockets = new Map<WebSocket, SyncSocket>()
  /** Where each comes from. */
  readonly #addressOf = new WeakMap<SyncSocket, string>()
  readonly #upgrader: WebSocketServer
  readonly #frames = new FrameBuilder()
  readonly #addresses: AddressLimit
  readonly #unhandled: UnhandledBytes
  readonly #largeReads = new LargeReads()
  #draining = false

  constructor(parts: SyncServerParts) {
    this.#parts = parts
    this.#upgrader = new WebSocketServer({ ...UPGRADER_OPTIONS, maxPayload: parts.limits.messages.messageBytes })
    this.#addresses = new AddressLimit(parts.maxSocketsPerAddress, parts.log)
    this.#unhandled = new UnhandledBytes(parts.limits.unhandledBytes)
  }

  /** Listens for upgrades of this server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Refuses upgrades from now on. */
  refuseUpgrades(): void {
    this.#draining = true
  }

  /**
   * Says goodbye to every client (1001), one after the other within `overMs` milliseconds, so that those who take them over
   * are not met by all at once, and hangs up on those that do not answer in time.
   */
  async closeSockets(overMs: number): Promise<void> {
    const sockets = [...this.#sockets]
    const closed = sockets.map(([socket]) => new Promise((resolve) => socket.once('close', resolve)))
    const pauseMs = overMs / SLICES
    const slice = Math.ceil(sockets.length / SLICES)
    for (let from = 0; from < sockets.length; from += slice) {
      for (const [, socket] of sockets.slice(from, from + slice)) {
        socket.close(CLOSE_CODES.shuttingDown, 'shutting_down')
      }
      if (pauseMs > 0) await after(pauseMs)
    }
    const late = setTimeout(() => {
      for (const socket of this.#sockets.values()) socket.terminate()
    }, GOODBYE_MS)
    await Promise.all(closed)
    clearTimeout(late)
  }

  /** Closes the sockets that come from where nobody is served any more. */
  closeBlocked(): void {
    for (const socket of this.#sockets.values()) {
      const address = this.#addressOf.get(socket)
      if (address === undefined || !this.#parts.isBlocked(address)) continue
      socket.close(closeCodeOf.address_blocked, 'address_blocked')
    }
  }

  /** How many WebSockets are open. */
  get socketCount(): number {
    return this.#sockets.size
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const { publicPath, trustProxy, limits, isBlocked } = this.#parts
    if (this.#draining) return this.#refuse(socket, { status: 503, code: 'shutting_down' })
    const destination = findDestination(request, publicPath)
    if (!destination) return this.#refuse(socket, { status: 404, code: 'not_found' })
    const address = clientAddress(request, trustProxy)
    if (isBlocked(address)) return this.#refuse(socket, { status: 403, code: 'address_blocked' })
    if (!this.#addresses.take(address, socket)) {
      return this.#refuse(socket, { status: 429, code: 'rate_limited', retryAfterSeconds: RETRY_AFTER_SECONDS })
    }
    const approach = {
      origin: request.headers.origin,
      host: requestedHost(request, trustProxy),
      tokenInUrl: destination.kind === 'yjs' && destination.tokenInUrl,
    }
    this.#upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      // The server listens on TCP, so that is what an upgrade's stream is.
      const stream = socket as Socket
      const incoming = new IncomingBytes({
        webSocket,
        stream,
        address: addressKey(address),
        limits: limits.messages,
        unhandled: this.#unhandled,
        largeReads: this.#largeReads,
      })
      // Bounded too: it may send on until it has read why.
      if (destination.kind === 'outdated') {
        this.#parts.host.events.emit('connectionRefused', 'client_outdated')
        return refuseOutdated(webSocket)
      }
      this.#open(webSocket, stream, destination, { ...approach, address }, incoming)
    })
  }

  #refuse(socket: Duplex, refusal: Refusal): void {
    this.#parts.host.events.emit('connectionRefused', refusal.code)
    refuseUpgrade(socket, refusal)
  }

  #open(
    webSocket: WebSocket,
    stream: Socket,
    destination: Exclude<Destination, { kind: 'outdated' }>,
    { address, ...approach }: Approach & { address: string },
    incoming: IncomingBytes,
  ): void {
    const { host, log } = this.#parts
    const socket = new SyncSocket({
      socket: webSocket,
      stream,
      writer: new FrameWriter(stream, this.#frames),
      dialect: destination.kind === 'yjs' ? createYjsDialect(destination.roomId) : hocuspocusDialect,
      host,
      approach,
      reader: this.#parts.limits.reader,
      incoming,
      log: log.child({ connectionId: nanoid(10) }),
    })
    this.#sockets.set(webSocket, socket)
    this.#addressOf.set(socket, address)
    webSocket.once('close', () => this.#sockets.delete(webSocket))
    if (destination.kind === 'yjs') socket.signIn(destination.roomId, destination.token)
  }
}

/** Let in and closed at once: of an upgrade that was refused, a browser says to nobody why. */
function refuseOutdated(webSocket: WebSocket): void {
  webSocket.on('error', () => webSocket.terminate())
  webSocket.close(closeCodeOf.client_outdated, 'client_outdated')
}

function findDestination(request: IncomingMessage, publicPath: string): Destination | undefined {
  // `parse` answers null for what is no URL, such as `//`; a throw in here would end the process.
  const url = URL.parse(request.url ?? '/', 'http://sketchroom.invalid')
  if (!url) return undefined
  const path = withoutPublicPath(url.pathname, publicPath)
  if (path === SYNC_PATH) return isOutdated(url) ? { kind: 'outdated' } : { kind: 'sync' }
  if (!path.startsWith(`${YJS_PATH}/`)) return undefined
  const roomId = findRoomId(path.slice(YJS_PATH.length + 1))
  if (!roomId) return undefined
  const [protocol, ...tokens] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim())
  const token = protocol === YJS_SUBPROTOCOL ? tokens[0] : undefined
  if (token) return { kind: 'yjs', roomId, token, tokenInUrl: false }
  return { kind: 'yjs', roomId, token: url.searchParams.get('token') ?? '', tokenInUrl: true }
}

/** Whether the client says that it is older than can be spoken with. A stock client says nothing of that kind. */
function isOutdated({ searchParams }: URL): boolean {
  const version = searchParams.get(VERSION_PARAMETER)
  return version !== null && !(Number(version) >= OLDEST_PROTOCOL)
}
