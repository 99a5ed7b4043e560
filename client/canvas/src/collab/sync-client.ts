import { VERSION_PARAMETER, PROTOCOL_VERSION } from '@sketchroom/shared/protocol/version'
import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import { findNotice, type Notice } from '@sketchroom/shared/protocol/notices'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { Clocks } from './edits.ts'

/** What the server says. */
export type Received =
  | { readonly kind: 'authenticated' | 'token-wanted' | 'ping' }
  | { readonly kind: 'denied'; readonly reason: string }
  /** What the server has; it is told what it lacks. */
  | { readonly kind: 'step1'; readonly stateVector: Uint8Array }
  /** `isLast`: with it, all has come that was asked for. */
  | { readonly kind: 'update'; readonly update: Uint8Array; readonly isLast: boolean }
  /** The answer to a write: what is durable; undefined when it was refused. */
  | { readonly kind: 'answer'; readonly durable: Clocks | undefined }
  | { readonly kind: 'awareness'; readonly update: Uint8Array }
  | { readonly kind: 'notice'; readonly notice: Notice }

/** What we say. */
export type Sent =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'step1'; readonly stateVector: Uint8Array }
  | { readonly kind: 'step2' | 'update' | 'awareness'; readonly update: Uint8Array }

/** A socket to one room, and whom it tells. */
export interface SyncClientOptions {
  readonly roomId: string
  /** The ws(s) address of the server's sync. */
  readonly url: string
  readonly onOpen: () => void
  readonly onReceived: (message: Received) => void
  /** The socket is gone, by our own hand or another's. Called once, and nothing is called after it. */
  readonly onClosed: (code: number, reason: string) => void
}

/**
 * One connection to one room in the Hocuspocus protocol: frames in and out, nothing else. A connection that is gone is
 * gone; the next one is another object.
 */
export class SyncClient {
  readonly #options: SyncClientOptions
  readonly #socket: WebSocket | undefined
  #closed = false

  constructor(options: SyncClientOptions) {
    this.#options = options
    try {
      // The frames name the room; the server reads it nowhere else. In the address, it is for a balancer before several
      // instances, which can then bring those who draw together to the same one.
      const query = new URLSearchParams({ [VERSION_PARAMETER]: `${PROTOCOL_VERSION}`, room: options.roomId })
      const socket = new WebSocket(`${options.url}?${query}`)
      this.#socket = socket
      socket.binaryType = 'arraybuffer'
      socket.onopen = () => options.onOpen()
      socket.onclose = (event) => this.close(event.code, event.reason)
      socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.#receive(new Uint8Array(event.data))
    } catch (error) {
      // Blocked by the page's policy, say: heard of as any failed attempt, once somebody can listen.
      queueMicrotask(() => this.close(1006, String(error)))
    }
  }

  /** Says something. What cannot be sent now is forgotten: the next connection begins with comparing. */
  send(message: Sent): void {
    if (this.#closed || this.#socket?.readyState !== WebSocket.OPEN) return
    this.#socket.send(encodeSent(this.#options.roomId, message))
  }

  /** Closes at once; what was sent before still goes out. Code and reason are for our listener, not for the server. */
  close(code = 1000, reason = ''): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#socket) {
      this.#socket.onopen = this.#socket.onclose = this.#socket.onmessage = null
      // A real one would wait for a peer who may be out of reach.
      this.#socket.close()
    }
    this.#options.onClosed(code, reason)
  }

  #receive(frame: Uint8Array): void {
    const message = readReceived(frame)
    if (message?.kind === 'ping') this.#socket?.send(Uint8Array.of(MESSAGE.pong))
    if (message) this.#options.onReceived(message)
  }
}

/** Reads a frame. Undefined when it is cut off, or says what only a newer or another client knows. */
export function readReceived(frame: Uint8Array): Received | undefined {
  if (frame.length === 1 && frame[0] === MESSAGE.ping) return { kind: 'ping' }
  try {
    const decoder = decoding.createDecoder(frame)
    decoding.readVarString(decoder)
    switch (decoding.readVarUint(decoder)) {
      case MESSAGE.sync:
      case MESSAGE.syncReply:
        return readSync(decoder)
      case MESSAGE.syncStatus:
        return { kind: 'answer', durable: readDurable(decoder) }
      case MESSAGE.awareness:
        return { kind: 'awareness', update: decoding.readVarUint8Array(decoder) }
      case MESSAGE.stateless: {
        const notice = findNotice(decoding.readVarString(decoder))
        return notice && { kind: 'notice', notice }
      }
      case MESSAGE.auth:
        return readAuth(decoder)
      default:
        return undefined
    }
  } catch {
    return undefined
  }
}

function readSync(decoder: decoding.Decoder): Received | undefined {
  const type = decoding.readVarUint(decoder)
  const bytes = decoding.readVarUint8Array(decoder)
  if (type === SYNC.step1) return { kind: 'step1', stateVector: bytes }
  return type === SYNC.step2 || type === SYNC.update
    ? { kind: 'update', update: bytes, isLast: type === SYNC.step2 }
    : undefined
}

/** Pairs of a Yjs client and a clock. A stock server sends none: then nothing is named. */
function readDurable(decoder: decoding.Decoder): Clocks | undefined {
  if (decoding.readVarUint(decoder) !== 1) return undefined
  const durable = new Map<number, number>()
  const count = decoding.hasContent(decoder) ? decoding.readVarUint(decoder) : 0
  for (let index = 0; index < count; index++) {
    durable.set(decoding.readVarUint(decoder), decoding.readVarUint(decoder))
  }
  return durable
}

function readAuth(decoder: decoding.Decoder): Received | undefined {
  const type = decoding.readVarUint(decoder)
  if (type === AUTH.authenticated) return { kind: 'authenticated' }
  if (type === AUTH.token) return { kind: 'token-wanted' }
  return type === AUTH.permissionDenied ? { kind: 'denied', reason: decoding.readVarString(decoder) } : undefined
}

function encodeSent(roomId: string, message: Sent): Uint8Array<ArrayBuffer> {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, roomId)
    switch (message.kind) {
      case 'token':
        encoding.writeVarUint(encoder, MESSAGE.auth)
        encoding.writeVarUint(encoder, AUTH.token)
        return encoding.writeVarString(encoder, message.token)
      case 'awareness':
        encoding.writeVarUint(encoder, MESSAGE.awareness)
        return encoding.writeVarUint8Array(encoder, message.update)
      case 'step1':
      case 'step2':
      case 'update':
        encoding.writeVarUint(encoder, MESSAGE.sync)
        encoding.writeVarUint(encoder, SYNC[message.kind])
        encoding.writeVarUint8Array(encoder, message.kind === 'step1' ? message.stateVector : message.update)
    }
  })
}
