import { findErrorCode, type ErrorCode } from '@sketchroom/shared/error-codes'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { isOffline } from './browser-signals.ts'
import { findCloseError, LONGEST_RETRY_MS, type NextStep, remedyOf, retryDelayMs, RetryPolicy } from './retry.ts'
import { type Received, SyncClient } from './sync-client.ts'

/**
 * Fetches a token, for each connection and each renewal. `refused` tells that the server turned the last one away:
 * whoever keeps tokens then needs another. May reject: an error with a SketchRoom error code as `code` says why
 * there is no access, any other means that there is no network now.
 */
export type GetToken = (request: { readonly refused: boolean }) => Promise<string>

/** How this tab stands to the server. `joined`: the server has let us in. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'offline' }
  | { readonly state: 'joined' }
  /** The server could not read the room, and is asked again and again. */
  | { readonly state: 'store-failing' }
  /** There is no place left in the room, or none for this person: the server is asked for one again and again. */
  | { readonly state: 'crowded' }
  | { readonly state: 'no-access'; readonly reason: ErrorCode }

/** From asking for a token to being let in. A server that takes longer is given up, and asked again. */
const JOIN_DEADLINE_MS = 20_000
/** The server sends something at least every 15 s; two silences in a row, and the line is dead. */
const SILENCE_MS = 35_000
/** A line that was silent for this long is not trusted when the page comes back to life. */
const DOUBT_AFTER_MS = 17_000
/** An attempt younger than this is left to finish when somebody asks for a new one. */
const YOUNG_ATTEMPT_MS = 2_000
/** How a browser says that a connection was lost. */
const NO_ANSWER = 1006
/** Without a network nothing is reached but a server on the same machine: it is asked seldom, and never given up. */
const WITHOUT_NETWORK: NextStep = { kind: 'retry', afterMs: LONGEST_RETRY_MS }

/** What a connection needs, and whom it tells. */
export interface RoomConnectionOptions {
  readonly roomId: string
  readonly syncUrl: string
  readonly getToken: GetToken
  readonly onLink: () => void
  /** There is a token for the next connection, which waits until this resolves; if it rejects, as for a token. */
  readonly onToken: (token: string) => Promise<void>
  /** A socket is open, and the server has been sent the token: what is said now is heard when we are let in. */
  readonly onOpen: (client: SyncClient) => void
  readonly onReceived: (message: Received) => void
  readonly onDropped: () => void
}

/** Keeps one room connected to the server: tokens, deadlines, retries. What is said is the session's matter. */
export class RoomConnection {
  readonly #options: RoomConnectionOptions
  #client: SyncClient | undefined
  #link: Link = { state: 'connecting' }
  #closed = false
  #hangingUp = false
  readonly #policy = new RetryPolicy()
  /** The attempt that is under way, from asking for its token to being let in. */
  #attempt: { readonly since: number; readonly deadline: ReturnType<typeof setTimeout> } | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  /** The server turned the last token away, and none has been fetched since. */
  #refused = false
  #renewalTimer: ReturnType<typeof setTimeout> | undefined
  #failedRenewals = 0
  #joinedAt = 0
  #heardAt = 0
  #silenceTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: RoomConnectionOptions) {
    this.#options = options
  }

  /** How this tab stands to the server. */
  get link(): Link {
    return this.#link
  }

  /** Tries now, unless the connection is sound or an attempt has just begun. */
  tryNow(): void {
    const now = Date.now()
    const silentMs = now - this.#heardAt
    // A clock that was set back says nothing of how long it was.
    if (this.#link.state === 'joined' && silentMs >= 0 && silentMs < DOUBT_AFTER_MS) return
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

  /** Leaves the server alone, until somebody asks for a new try. */
  giveUp(reason: ErrorCode): void {
    this.#hangUp()
    this.#setLink({ state: 'no-access', reason })
  }

  /** Leaves the room for good. */
  close(): void {
    if (this.#closed) return
    this.#hangUp()
    this.#closed = true
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
      await this.#options.onToken(token)
      if (this.#attempt !== attempt) return
      this.#open(token)
    } catch (error) {
      if (this.#attempt !== attempt) return
      this.#endAttempt()
      return this.#failed(errorCodeIn(error))
    }
  }

  #open(token: string): void {
    const { roomId, syncUrl: url } = this.#options
    const client = new SyncClient({
      roomId,
      url,
      onOpen: () => {
        client.send({ kind: 'token', token })
        this.#options.onOpen(client)
      },
      onReceived: (message) => this.#received(message),
      onClosed: (code, reason) => this.#dropped(findCloseError(code, reason)),
    })
    this.#client = client
    this.#heardAt = Date.now()
    this.#watchSilence()
  }

  /** Closes a line on which nothing is heard. */
  #watchSilence(): void {
    this.#silenceTimer = setTimeout(
      () => {
        // A clock that was set back: from now on, then.
        this.#heardAt = Math.min(this.#heardAt, Date.now())
        if (Date.now() - this.#heardAt < SILENCE_MS) this.#watchSilence()
        else this.#client?.close(NO_ANSWER)
      },
      this.#heardAt + SILENCE_MS - Date.now(),
    )
  }

  async #fetchToken(): Promise<string> {
    const token = await this.#options.getToken({ refused: this.#refused })
    this.#refused = false
    return token
  }

  /**
   * The server asks from half a minute before the token ends, and again every few seconds until there is a later one. A
   * renewal that fails is tried again by us all the same, sooner at first.
   */
  async #renewToken(): Promise<void> {
    clearTimeout(this.#renewalTimer)
    const client = this.#client
    try {
      const token = await this.#fetchToken()
      await this.#options.onToken(token)
      this.#failedRenewals = 0
      client?.send({ kind: 'token', token })
    } catch {
      // A token that this person is refused ends nothing either: the server ends the stay when the old one does.
      if (this.#client !== client || this.#link.state !== 'joined') return
      const afterMs = retryDelayMs(this.#failedRenewals, Math.random())
      this.#failedRenewals += 1
      this.#renewalTimer = setTimeout(() => void this.#renewToken(), afterMs)
    }
  }

  #received(message: Received): void {
    this.#heardAt = Date.now()
    if (message.kind === 'authenticated') this.#joined()
    if (message.kind === 'token-wanted') void this.#renewToken()
    this.#options.onReceived(message)
    if (message.kind === 'denied') {
      const reason = findErrorCode(message.reason) ?? 'forbidden'
      this.#client?.close(closeCodeOf[reason], reason)
    }
  }

  #joined(): void {
    if (this.#link.state === 'joined') return
    this.#endAttempt()
    this.#joinedAt = Date.now()
    this.#setLink({ state: 'joined' })
  }

  /** The socket is gone, by our own hand or another's; only the other's has consequences. */
  #dropped(error: ErrorCode | undefined): void {
    clearTimeout(this.#renewalTimer)
    clearTimeout(this.#silenceTimer)
    this.#failedRenewals = 0
    this.#client = undefined
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
    const isShut = this.#link.state === 'no-access'
    if (error === 'store_unavailable' && !isShut) this.#setLink({ state: 'store-failing' })
    else if (isCrowded(error) && !isShut) this.#setLink({ state: 'crowded' })
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
    this.#client?.close()
    this.#hangingUp = false
  }

  #endAttempt(): void {
    clearTimeout(this.#attempt?.deadline)
    this.#attempt = undefined
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

function isCrowded(error: ErrorCode | undefined): boolean {
  return error === 'room_crowded' || error === 'too_many_connections'
}
