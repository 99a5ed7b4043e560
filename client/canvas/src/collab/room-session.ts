import { SYNC_PATH } from '@sketchroom/shared/api/paths'
import { findNotice } from '@sketchroom/shared/protocol/notices'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { listenToBrowser } from './browser-signals.ts'
import { EditTracker } from './edit-tracker.ts'
import type { GetToken } from './get-token.ts'
import { RoomConnection } from './room-connection.ts'
import { isSameStatus, savingStatus, type SavingStatus } from './saving-status.ts'
import { StrandedWatch } from './stranded-watch.ts'
import type { SyncFrame } from './sync-frame.ts'

const STRANDED_CHECK_MS = 3_000

/** What a session needs to know of a room. */
export interface RoomSessionOptions {
  readonly roomId: string
  /** Where the server is: an http(s) origin. */
  readonly serverUrl: string
  readonly getToken: GetToken
  /** Whether edits are kept on this device; `indexeddb` unless told otherwise. */
  readonly storage?: 'indexeddb' | 'none'
}

/** One open board in one tab: its document, who is there, and whether what was drawn is saved. */
export interface RoomSession {
  readonly doc: Y.Doc
  readonly awareness: Awareness
  /** The same object until it changes. */
  readonly status: SavingStatus
  /** What the person may do here, as the server said last, now or in an earlier session. */
  readonly role: Role | undefined
  /** What this device keeps is in the document, as far as it could be read. Never rejects. */
  readonly localLoaded: Promise<void>
  /** The server's drawing is in the document. Never rejects; waits as long as the server is out of reach. */
  readonly firstSync: Promise<void>
  /** Calls back when `status` or `role` has changed, until the returned function is called. */
  subscribe(listener: () => void): () => void
  /** Tries to connect now. */
  reconnect(): void
  /** Leaves the room, and resolves when what waited for the device's storage is written. */
  close(): Promise<void>
}

/** Opens a room: loads what the device keeps, connects, and stays connected until it is closed. */
export function createRoomSession(options: RoomSessionOptions): RoomSession {
  return new OpenRoom(options)
}

class OpenRoom implements RoomSession {
  readonly doc = new Y.Doc()
  readonly awareness = new Awareness(this.doc)
  readonly localLoaded: Promise<void>
  readonly firstSync: Promise<void>
  status: SavingStatus = { kind: 'connecting', pending: 0, kept: true }
  role: Role | undefined

  readonly #edits: EditTracker
  readonly #connection: RoomConnection
  readonly #listeners = new Set<() => void>()
  readonly #strandedWatch = new StrandedWatch()
  readonly #strandedTimer: ReturnType<typeof setInterval>
  readonly #stopListening: () => void
  readonly #resolveFirstSync: () => void
  #shownRole: Role | undefined
  #downloaded = false
  #storeFailing = false
  /** The server's store turned us away, and we have not got past it since. */
  #turnedAway = false
  #closing: Promise<void> | undefined

  constructor({ roomId, serverUrl, getToken, storage = 'indexeddb' }: RoomSessionOptions) {
    const { doc, awareness } = this
    const { origin } = new URL(serverUrl)
    const onChange = () => this.#changed()
    const firstSync = Promise.withResolvers<void>()
    this.firstSync = firstSync.promise
    this.#resolveFirstSync = firstSync.resolve
    this.#edits = new EditTracker({ place: `${origin}/${roomId}`, doc, storage, onChange })
    this.#connection = new RoomConnection({
      roomId,
      syncUrl: origin.replace(/^http/, 'ws') + SYNC_PATH,
      getToken,
      doc,
      awareness,
      onLink: onChange,
      onSent: (frame) => this.#edits.sent(frame),
      onReceived: (frame) => this.#received(frame),
      onDropped: () => this.#dropped(),
    })
    this.#stopListening = listenToBrowser({
      online: () => this.reconnect(),
      shown: () => this.reconnect(),
      offline: () => this.#connection.startOver(),
      hidden: () => void this.#edits.flush(),
    })
    this.#strandedTimer = setInterval(() => this.#checkStranded(), STRANDED_CHECK_MS)
    this.localLoaded = this.#load()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  reconnect(): void {
    this.#connection.tryNow()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #load(): Promise<void> {
    await this.#edits.load((role) => {
      this.role ??= role
    })
    this.#changed()
    this.#connection.tryNow()
  }

  async #close(): Promise<void> {
    clearInterval(this.#strandedTimer)
    this.#stopListening()
    this.#listeners.clear()
    this.#connection.close()
    await this.#edits.close()
    this.doc.destroy()
  }

  #received(frame: SyncFrame): void {
    switch (frame.kind) {
      case 'step2':
        this.#downloaded = true
        this.#turnedAway = false
        this.#resolveFirstSync()
        return this.#changed()
      case 'answer':
        return this.#edits.answered(frame.durable)
      case 'stateless':
        return this.#noticed(frame.payload)
    }
  }

  #noticed(payload: string): void {
    const notice = findNotice(payload)
    if (notice?.type === 'role') {
      this.role = notice.role
      this.#edits.rememberRole(notice.role)
    }
    if (notice?.type === 'store') this.#storeFailing = notice.state === 'failing'
    this.#changed()
  }

  #dropped(): void {
    this.#downloaded = false
    this.#storeFailing = false
    this.#edits.dropped()
  }

  #checkStranded(): void {
    const mightSend = this.#connection.link.state === 'joined' && this.#downloaded && !this.#storeFailing
    const stranded = mightSend && this.role && mayDraw(this.role) ? this.#edits.stranded() : []
    if (this.#strandedWatch.check(stranded)) this.#connection.compareAgain()
  }

  #changed(): void {
    const { link } = this.#connection
    if (link.state === 'store-failing') this.#turnedAway = true
    else if (link.state !== 'joined') this.#turnedAway = false
    if (link.state === 'no-access' && this.role) {
      this.role = undefined
      this.#edits.rememberRole(undefined)
    }
    const status = savingStatus({
      link,
      role: this.role,
      downloaded: this.#downloaded,
      caughtUp: this.#edits.caughtUp,
      storeFailing: this.#storeFailing || this.#turnedAway,
      kept: this.#edits.kept,
      pending: this.#edits.pending,
    })
    if (this.role === this.#shownRole && isSameStatus(status, this.status)) return
    this.#shownRole = this.role
    this.status = status
    for (const listener of this.#listeners) listener()
  }
}
