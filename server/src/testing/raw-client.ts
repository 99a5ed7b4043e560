import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import { findNotice, type Notice } from '@sketchroom/shared/protocol/notices'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocket, type ClientOptions } from 'ws'
import * as Y from 'yjs'

/** What the server says first to whoever is in. */
type Welcome = Extract<Notice, { type: 'welcome' }>

/** One answer of the server to a write: durable, or not applied. */
export type Answer = 'durable' | 'refused'

/**
 * A client of the Hocuspocus protocol that does only what it is told, so that tests can send what no
 * honest library would, and see each frame that comes back.
 */
export class RawClient {
  readonly doc: Y.Doc
  readonly answers: Answer[] = []
  /** For each answer that says `durable`, what it names: Yjs clients, each with how far it is durable. */
  readonly named: Array<Map<number, number>> = []
  welcome: Welcome | undefined
  /** All but the welcome. */
  readonly notices: Notice[] = []
  /** Both of these, in the order in which they came. */
  readonly told: Array<Answer | Notice> = []
  readonly awarenessUpdates: Uint8Array[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  denied: string | undefined
  /** Why the server has ended the stay at this address; the socket may go on. */
  ended: string | undefined
  /** Called when the server asks for what it lacks, with its state vector. */
  onStep1: (stateVector: Uint8Array) => void = () => undefined
  onAnswer: (answer: Answer) => void = () => undefined
  onAuthenticated: () => void = () => undefined
  /** Called when the server asks for a fresh token. */
  onTokenRequest: () => void = () => undefined
  /** Called when an update came, after it was applied. */
  onUpdate: () => void = () => undefined
  /** Called with what Yjs throws at what the server sends; no test goes on after that, unless it says so. */
  onFault: (error: unknown) => void = (error) => {
    throw error
  }
  /** How often the server has answered a heartbeat. */
  pongCount = 0
  step1Count = 0
  /** How often the server has said that this was all. */
  step2Count = 0
  /** All that came, in bytes. */
  receivedBytes = 0
  readonly #socket: WebSocket
  readonly #address: string

  /** `address` is a room's id, perhaps with a session's after a NUL; `shared` is a client whose socket this one uses. */
  constructor(url: string, address: string, options: ClientOptions & { doc?: Y.Doc; shared?: RawClient } = {}) {
    this.#address = address
    const { doc = new Y.Doc(), shared, ...clientOptions } = options
    this.doc = doc
    this.#socket = shared ? shared.#socket : new WebSocket(url, clientOptions)
    this.#socket.setMaxListeners(0)
    this.#socket.binaryType = 'nodebuffer'
    this.#socket.on('message', (data) => this.#receive(new Uint8Array(data as Buffer)))
    this.closed = new Promise((resolve) =>
      this.#socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    this.#socket.on('error', () => undefined)
  }

  /** Signs in with a token and asks for the document, once the socket is open. */
  async join(token: string): Promise<void> {
    await this.open()
    this.sendToken(token)
    this.askForMissing()
  }

  /** Asks for what the own document lacks, or somebody with another state vector. */
  askForMissing(stateVector: Uint8Array = Y.encodeStateVector(this.doc)): void {
    this.#send(MESSAGE.sync, (encoder) => {
      encoding.writeVarUint(encoder, SYNC.step1)
      encoding.writeVarUint8Array(encoder, stateVector)
    })
  }

  /** Sends a token: to sign in, or to stay. */
  sendToken(token: string): void {
    this.#send(MESSAGE.auth, (encoder) => {
      encoding.writeVarUint(encoder, AUTH.token)
      encoding.writeVarString(encoder, token)
    })
  }

  /** Whether the socket is open. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Resolves when the socket is open; rejects when it closes first. */
  open(): Promise<void> {
    if (this.#socket.readyState === WebSocket.OPEN) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#socket.once('open', () => resolve())
      this.#socket.once('close', (code) => reject(new Error(`closed with ${code}`)))
    })
  }

  /** Sends a write, as the given kind of message. */
  write(update: Uint8Array, as: 'update' | 'step2' = 'update', type: number = MESSAGE.sync): void {
    this.#send(type, (encoder) => {
      encoding.writeVarUint(encoder, SYNC[as])
      encoding.writeVarUint8Array(encoder, update)
    })
  }

  /** Changes the own document and answers the update that says so. */
  edit(change: (doc: Y.Doc) => void): Uint8Array {
    const before = Y.encodeStateVector(this.doc)
    change(this.doc)
    return Y.encodeStateAsUpdate(this.doc, before)
  }

  /** Sends an awareness update as it is. */
  sendAwareness(update: Uint8Array): void {
    this.#send(MESSAGE.awareness, (encoder) => encoding.writeVarUint8Array(encoder, update))
  }

  /** Sends a message of any type with any body. */
  sendType(type: number, body: Uint8Array = new Uint8Array()): void {
    this.#send(type, (encoder) => encoding.writeUint8Array(encoder, body))
  }

  /**
   * Resolves when the server has read all that was sent before, or the socket is gone. It has handled it too, unless it has
   * so much to do that this waits for its turn.
   */
  async handled(): Promise<void> {
    if (!this.isOpen) return
    const ponged = new Promise((resolve) => this.#socket.once('pong', resolve))
    this.#socket.ping()
    await Promise.race([ponged, this.closed])
  }

  /** Sends a heartbeat of the Hocuspocus protocol. */
  ping(): void {
    this.#socket.send(Uint8Array.of(MESSAGE.ping))
  }

  close(): void {
    this.#socket.close()
  }

  /** Ends the connection like a cut cable. */
  terminate(): void {
    this.#socket.terminate()
  }

  #send(type: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder()
    encoding.writeVarString(encoder, this.#address)
    encoding.writeVarUint(encoder, type)
    write(encoder)
    // Like a browser: what is sent on a socket that is gone is lost, and nobody is told.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encoding.toUint8Array(encoder))
  }

  #receive(data: Uint8Array): void {
    this.receivedBytes += data.length
    if (data.length === 1) {
      if (data[0] === MESSAGE.pong) this.pongCount += 1
      return
    }
    const decoder = decoding.createDecoder(data)
    if (decoding.readVarString(decoder) !== this.#address) return
    switch (decoding.readVarUint(decoder)) {
      case MESSAGE.sync:
        return this.#receiveSync(decoder)
      case MESSAGE.awareness:
        this.awarenessUpdates.push(decoding.readVarUint8Array(decoder))
        return
      case MESSAGE.auth:
        return this.#receiveAuth(decoder)
      case MESSAGE.syncStatus:
        return this.#receiveStatus(decoder)
      case MESSAGE.stateless: {
        const notice = findNotice(decoding.readVarString(decoder))
        if (notice?.type === 'welcome') this.welcome = notice
        if (!notice || notice.type === 'welcome') return
        this.notices.push(notice)
        this.told.push(notice)
        return
      }
      case MESSAGE.close:
        this.ended = decoding.readVarString(decoder)
    }
  }

  #receiveSync(decoder: decoding.Decoder): void {
    const subtype = decoding.readVarUint(decoder)
    const payload = decoding.readVarUint8Array(decoder)
    if (subtype === SYNC.step1) {
      this.step1Count += 1
      this.onStep1(payload)
      return
    }
    try {
      Y.applyUpdate(this.doc, payload, this)
    } catch (error) {
      this.onFault(error)
    }
    if (subtype === SYNC.step2) this.step2Count += 1
    this.onUpdate()
  }

  #receiveAuth(decoder: decoding.Decoder): void {
    const subtype = decoding.readVarUint(decoder)
    if (subtype === AUTH.permissionDenied) this.denied = decoding.readVarString(decoder)
    if (subtype === AUTH.authenticated) this.onAuthenticated()
    if (subtype === AUTH.token) this.onTokenRequest()
  }

  #receiveStatus(decoder: decoding.Decoder): void {
    const isDurable = decoding.readVarUint(decoder) === 1
    if (isDurable) {
      const named = new Map<number, number>()
      // A stock server names nothing.
      const count = decoding.hasContent(decoder) ? decoding.readVarUint(decoder) : 0
      for (let n = 0; n < count; n++) named.set(decoding.readVarUint(decoder), decoding.readVarUint(decoder))
      this.named.push(named)
    }
    this.#answered(isDurable ? 'durable' : 'refused')
  }

  #answered(answer: Answer): void {
    this.answers.push(answer)
    this.told.push(answer)
    this.onAnswer(answer)
  }
}
