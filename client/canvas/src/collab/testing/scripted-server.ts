import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import type { Notice } from '@sketchroom/shared/protocol/notices'
import { OLDEST_PROTOCOL, PROTOCOL_VERSION } from '@sketchroom/shared/protocol/version'
import { mayDraw } from '@sketchroom/shared/roles'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocketServer, type WebSocket } from 'ws'
import * as Y from 'yjs'

/** What the server answers to a token: undefined lets the client in. */
export type Doorman = (token: string) => { readonly code: number; readonly reason: string } | undefined

/** A server that speaks the protocol over real sockets, and does what a test tells it to. */
export interface ScriptedServer {
  readonly url: string
  readonly doc: Y.Doc
  /** The tokens that came, in order. */
  readonly tokens: string[]
  /** When each socket was opened, in milliseconds. */
  readonly openedAt: number[]
  doorman: Doorman
  /** Whether answers to writes wait for `release`. */
  holding: boolean
  /** Whether clients are let in, and turned away because the room cannot be read. */
  unreadable: boolean
  /** Clients are let in, and thrown out again with this. */
  throwingOut: { readonly code: number; readonly reason: string } | undefined
  /** Whether new sockets are left without any answer. */
  silent: boolean
  /** Whether writes are applied; a refused one is answered with 0. */
  refusing: boolean
  /** How often somebody wanted to compare documents. */
  compared: number
  /** How many writes came, and how many of them were refused. */
  writes: number
  refused: number
  /** How often somebody has said that they are there. */
  awarenessFrames: number
  /** The addresses that were opened, in order. */
  readonly urls: string[]
  /** Whether a drawing that somebody asked for is left without an end. */
  silentAbout: 'step2' | undefined
  /** How much was written, in bytes. */
  bytes: number
  /** The largest write that came, in bytes. */
  largest: number
  /** Says this about itself to whoever comes. */
  welcome: Extract<Notice, { type: 'welcome' }>
  release(): void
  notify(notice: Notice): void
  /** Sends everybody an update, as a part of the drawing. */
  tell(update: Uint8Array): void
  askForToken(): void
  beat(): void
  closeAll(code: number, reason: string): void
  readonly clients: number
  stop(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1, with one room for everybody. */
export async function startScriptedServer(room: string): Promise<ScriptedServer> {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(wss, 'listening')
  const doc = new Y.Doc()
  const held: Array<() => void> = []

  const frame = (...parts: Array<(encoder: encoding.Encoder) => void>) =>
    encoding.encode((encoder) => {
      encoding.writeVarString(encoder, room)
      for (const part of parts) part(encoder)
    })
  const uint = (value: number) => (encoder: encoding.Encoder) => encoding.writeVarUint(encoder, value)
  const text = (value: string) => (encoder: encoding.Encoder) => encoding.writeVarString(encoder, value)
  const bytes = (value: Uint8Array) => (encoder: encoding.Encoder) => encoding.writeVarUint8Array(encoder, value)

  const askForMissing = () => frame(uint(MESSAGE.sync), uint(SYNC.step1), bytes(Y.encodeStateVector(doc)))

  const server: ScriptedServer = {
    url: `http://127.0.0.1:${(wss.address() as AddressInfo).port}`,
    doc,
    tokens: [],
    openedAt: [],
    doorman: () => undefined,
    holding: false,
    unreadable: false,
    throwingOut: undefined,
    silent: false,
    refusing: false,
    compared: 0,
    writes: 0,
    refused: 0,
    awarenessFrames: 0,
    urls: [],
    silentAbout: undefined,
    bytes: 0,
    largest: 0,
    welcome: { type: 'welcome', protocol: PROTOCOL_VERSION, oldest: OLDEST_PROTOCOL, bytes: 0 },
    release() {
      server.holding = false
      for (const answer of held.splice(0)) answer()
    },
    notify(notice) {
      broadcast(frame(uint(MESSAGE.stateless), text(JSON.stringify(notice))))
      // As the real one does of somebody who may draw from now on.
      if (notice.type === 'role' && mayDraw(notice.role)) broadcast(askForMissing())
    },
    tell: (update) => broadcast(frame(uint(MESSAGE.sync), uint(SYNC.update), bytes(update))),
    askForToken: () => broadcast(frame(uint(MESSAGE.auth), uint(AUTH.token))),
    beat: () => broadcast(Uint8Array.of(MESSAGE.ping)),
    closeAll(code, reason) {
      for (const client of wss.clients) client.close(code, reason)
    },
    get clients() {
      return wss.clients.size
    },
    async stop() {
      for (const client of wss.clients) client.terminate()
      wss.close()
      await once(wss, 'close')
    },
  }

  function broadcast(data: Uint8Array): void {
    for (const client of wss.clients) client.send(data)
  }

  function authenticate(socket: WebSocket, token: string): void {
    server.tokens.push(token)
    const denied = server.doorman(token)
    if (denied) {
      socket.send(frame(uint(MESSAGE.auth), uint(AUTH.permissionDenied), text(denied.reason)))
      socket.close(denied.code, denied.reason)
      return
    }
    socket.send(frame(uint(MESSAGE.auth), uint(AUTH.authenticated), text('read-write')))
    if (server.unreadable) return socket.close(4503, 'store_unavailable')
    if (server.throwingOut) return socket.close(server.throwingOut.code, server.throwingOut.reason)
    socket.send(frame(uint(MESSAGE.stateless), text(JSON.stringify(server.welcome))))
    socket.send(frame(uint(MESSAGE.stateless), text('{"type":"role","role":"editor"}')))
  }

  /** For each client that an update has structs of, how far all of its structs are on the server. */
  function endsOf(update: Uint8Array): Array<[client: number, clock: number]> {
    const clients = new Set(Y.decodeUpdate(update).structs.map(({ id }) => id.client))
    return [...clients].map((client) => [client, Y.getState(doc.store, client)])
  }

  function write(socket: WebSocket, update: Uint8Array): void {
    server.writes += 1
    server.bytes += update.length
    server.largest = Math.max(server.largest, update.length)
    const durable = !server.refusing
    if (durable) Y.applyUpdate(doc, update)
    else server.refused += 1
    const ends = durable ? endsOf(update) : []
    const answer = () =>
      socket.send(frame(uint(MESSAGE.syncStatus), ...(durable ? [1, ends.length, ...ends.flat()] : [0]).map(uint)))
    if (server.holding) held.push(answer)
    else answer()
  }

  wss.on('connection', (socket, request) => {
    server.openedAt.push(Date.now())
    server.urls.push(request.url ?? '')
    socket.on('message', (data: Buffer) => {
      if (server.silent || data.length === 1) return
      const decoder = decoding.createDecoder(data)
      decoding.readVarString(decoder)
      const type = decoding.readVarUint(decoder)
      if (type === MESSAGE.auth && decoding.readVarUint(decoder) === AUTH.token) {
        return authenticate(socket, decoding.readVarString(decoder))
      }
      if (type === MESSAGE.awareness) server.awarenessFrames += 1
      if (type !== MESSAGE.sync) return
      const subtype = decoding.readVarUint(decoder)
      const payload = decoding.readVarUint8Array(decoder)
      if (subtype !== SYNC.step1) return write(socket, payload)
      server.compared += 1
      const missing = Y.encodeStateAsUpdate(doc, payload)
      if (server.silentAbout) return
      socket.send(frame(uint(MESSAGE.sync), uint(SYNC.step2), bytes(missing)))
      socket.send(askForMissing())
    })
  })
  return server
}
