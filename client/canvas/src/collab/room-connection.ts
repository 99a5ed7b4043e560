import { findErrorCode, type ErrorCode } from '@sketchroom/shared/error-codes'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { isOffline } from './browser-signals.ts'
import { findCloseError, remedyOf } from './close-reason.ts'
import type { GetToken } from './get-token.ts'
import { LONGEST_RETRY_MS, retryDelayMs } from './retry-delay.ts'
import { type NextStep, RetryPolicy } from './retry-policy.ts'
import { RoomProvider, RoomSocket } from './room-provider.ts'
import type { Link } from './saving-status.ts'
import { readSyncFrame, type SyncFrame } from './sync-frame.ts'
import { WatchedSocket } from './watched-socket.ts'

/** From asking for a token to being let in. A server that takes longer is given up, and asked again. */
const JOIN_DEADLINE_MS = 20_000
/** The server sends something at least every 15 s; two silences in a row, and the line is dead. */
const SILENCE_MS = 35_000
/** A line that was silent for this long is not trusted when the page comes back to life. */
const DOUBT_AFTER_MS = 17_000
/** An attempt younger than this is left to finish when somebody asks for a new one. */
const YOUNG_ATTEMPT_MS = 2_000
/** A hidden tab's timers sleep, and others forget a cursor after 30 s; the server's heartbeat wakes us in time. */
const RENEW_PRESENCE_AFTER_MS = 14_000
/** Without a network nothing is reached but a server on the same machine: it is asked seldom, and never given up. */
const WITHOUT_NETWORK: NextStep = { kind: 'retry', afterMs: LONGEST_RETRY_MS }

/** What a connection needs, and whom it tells. */
export interface RoomConnectionOptions {
  readonly roomId: string
  readonly syncUrl: string
  readonly getToken: GetToken
  readonly doc: Y.Doc
  readonly awareness: Awareness
  readonly onLink: () => void
  readonly onSent: (frame: SyncFrame) => void
  /** The frame's content is in the document already. */
  readonly onReceived: (frame: SyncFrame) => void
  readonly onDropped: () => void
}

/** Keeps one room connected to the server: tokens, retries, and the provider that speaks the protocol. */
export class RoomConnection {
  readonly #options: RoomConnectionOptions
  readonly #socket: RoomSocket
  readonly #provider: RoomProvider
  #link: Link = { state: 'connecting' }
  #closed = false
  #hangingUp = false
  readonly #policy = new RetryPolicy()
  /** The attempt that is under way, from asking for its token to being let in. */
  #attempt: { readonly since: number; readonly deadline: ReturnType<typeof setTimeout> } | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  /** Fetched before the socket is opened, and used once. */
  #token: string | undefined
  /** The server turned the last token away, and none has been fetched since. */
  #refused = false
  #renewalTimer: ReturnType<typeof setTimeout> | undefined
  #failedRenewals = 0
  #joinedAt = 0
  #heardAt = 0

  constructor(options: RoomConnectionOptions) {
    this.#options = options
    const watcher = {
      sent: (frame: Uint8Array) => options.onSent(readSyncFrame(frame)),
      received: (frame: Uint8Array) => this.#received(readSyncFrame(frame)),
      closed: (code: number, reason: string) => this.#dropped(findCloseError(code, reason)),
    }
    this.#socket = new RoomSocket({
      url: options.syncUrl,
      messageReconnectTimeout: SILENCE_MS,
      WebSocketPolyfill: class extends WatchedSocket {
        constructor(url: string) {
          super(url, watcher)
        }
      },
    })
    const configuration = {
      name: options.roomId,
      document: options.doc,
      awareness: options.awareness,
      websocketProvider: this.#socket,
      token: () => this.#takeToken(),
    }
    this.#provider = new RoomProvider(configuration, () => this.#link.state === 'joined')
    this.#provider.attach()
  }

  /** How this tab stands to the server. */
  get link(): Link {
    return this.#link
  }

  /** Tries now, unless the connection is sound or an attempt has just begun. */
  tryNow(): void {
    const now = Date.now()
    if (this.#link.state === 'joined' && now - this.#heardAt < DOUBT_AFTER_MS) return
    if (this.#attempt && now - this.#attempt.since < YOUNG_ATTEMPT_MS) return
    this.startOver()
  }

  /** Drops the connection, which may be dead without a word, and tries anew. */
  startOver(): void {
    if (this.#closed) return
    this.#hangUp()
    if (this.#link.state !== 'no-access') this.#setLink({ state: isOffline() ? 'offline' : 'connecting' })
    void this.#join()
  }

  /** Asks the server to compare documents again; it answers with a SyncStep1 of its own. */
  compareAgain(): void {
    this.#provider.forceSync()
  }

  /** Leaves the room for good. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#provider.destroy()
    this.#hangUp()
    this.#socket.destroy()
  }

  async #join(): Promise<void> {
    const deadline = setTimeout(() => {
      this.#hangUp()
      this.#failed(undefined)
    }, JOIN_DEADLINE_MS)
    const attempt = { since: Date.now(), deadline }
    this.#attempt = attempt
    try {
      const token = await this.#fetchToken()
      if (this.#attempt !== attempt) return
      this.#token = token
    } catch (error) {
      if (this.#attempt !== attempt) return
      this.#endAttempt()
      return this.#failed(errorCodeIn(error))
    }
    await this.#socket.connect()
  }

  async #fetchToken(): Promise<string> {
    const token = await this.#options.getToken({ refused: this.#refused })
    this.#refused = false
    return token
  }

  /** The token of this attempt; a fresh one when the server asks before the old one expires. */
  async #takeToken(): Promise<string> {
    const token = this.#token
    this.#token = undefined
    return token ?? this.#renewToken()
  }

  /** The server asks once for each token, a minute before it ends: a renewal that fails is ours to try again. */
  async #renewToken(): Promise<string> {
    clearTimeout(this.#renewalTimer)
    try {
      const token = await this.#fetchToken()
      this.#failedRenewals = 0
      return token
    } catch (error) {
      if (this.#link.state === 'joined') {
        const afterMs = retryDelayMs(this.#failedRenewals, Math.random())
        this.#failedRenewals += 1
        this.#renewalTimer = setTimeout(() => void this.#provider.sendToken(), afterMs)
      }
      throw error
    }
  }

  #received(frame: SyncFrame): void {
    this.#heardAt = Date.now()
    if (frame.kind === 'authenticated') this.#joined()
    if (frame.kind === 'ping') this.#renewPresence()
    this.#options.onReceived(frame)
    if (frame.kind === 'denied') {
      const reason = findErrorCode(frame.reason) ?? 'forbidden'
      this.#socket.webSocket?.close(closeCodeOf[reason], reason)
    }
  }

  #joined(): void {
    if (this.#link.state === 'joined') return
    this.#endAttempt()
    this.#joinedAt = Date.now()
    this.#setLink({ state: 'joined' })
    // Peers saw this client leave, and take it back only with a newer state.
    this.#options.awareness.setLocalState(this.#options.awareness.getLocalState())
  }

  #renewPresence(): void {
    const { awareness } = this.#options
    const renewedAt = awareness.meta.get(awareness.clientID)?.lastUpdated ?? 0
    const state = awareness.getLocalState()
    if (state && Date.now() - renewedAt > RENEW_PRESENCE_AFTER_MS) awareness.setLocalState(state)
  }

  /** The socket is gone, by our own hand or another's; only the other's has consequences. */
  #dropped(error: ErrorCode | undefined): void {
    clearTimeout(this.#renewalTimer)
    this.#failedRenewals = 0
    this.#options.onDropped()
    if (this.#hangingUp || this.#closed) return
    if (error && remedyOf[error] === 'fresh-token') this.#refused = true
    this.#endAttempt()
    this.#failed(error)
  }

  #failed(error: ErrorCode | undefined): void {
    const hadJoined = this.#link.state === 'joined'
    const hasNoNetwork = error === undefined && isOffline()
    const heldMs = hadJoined ? Date.now() - this.#joinedAt : 0
    const next = hasNoNetwork ? WITHOUT_NETWORK : this.#policy.next(error, heldMs, Math.random())
    if (next.kind === 'give-up') return this.#setLink({ state: 'no-access', reason: next.reason })
    // A first drop is likely to be over in a moment; an attempt that failed is a network or a server that is away.
    if (error === 'store_unavailable' && this.#link.state !== 'no-access') this.#setLink({ state: 'store-failing' })
    else if (hadJoined && !hasNoNetwork) this.#setLink({ state: 'connecting' })
    else if (this.#link.state !== 'no-access' && next.afterMs > 0) this.#setLink({ state: 'offline' })
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      void this.#join()
    }, next.afterMs)
  }

  /** Ends whatever is under way, without a consequence. */
  #hangUp(): void {
    this.#endAttempt()
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    this.#hangingUp = true
    this.#socket.webSocket?.close()
    this.#hangingUp = false
  }

  #endAttempt(): void {
    clearTimeout(this.#attempt?.deadline)
    this.#attempt = undefined
    this.#token = undefined
  }

  #setLink(link: Link): void {
    this.#link = link
    this.#options.onLink()
  }
}

/** The error that a rejected `getToken` names, when it is a SketchRoom error; no network names none. */
function errorCodeIn(error: unknown): ErrorCode | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? findErrorCode(error.code)
    : undefined
}
