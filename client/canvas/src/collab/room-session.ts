import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { SYNC_PATH } from '@sketchroom/shared/api/paths'
import { serverAddress, socketAddress } from '@sketchroom/shared/api/server-address'
import type { PresenceUser } from '@sketchroom/shared/presence'
import {
  isLastingRefusal,
  type LastingRefusal,
  type Notice,
  type RefusalReason,
} from '@sketchroom/shared/protocol/notices'
import { OLDEST_PROTOCOL, PROTOCOL_VERSION } from '@sketchroom/shared/protocol/version'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import { hasElements } from '@sketchroom/shared/scene/document'
import { schemaState } from '@sketchroom/shared/scene/migrations'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { type DeviceStorage, RoomOnDevice } from '../device/room-on-device.ts'
import { findTokenUser } from '../presence/own-user.ts'
import { AwarenessExchange } from './awareness-exchange.ts'
import { listenToBrowser } from './browser-signals.ts'
import { DocumentExchange } from './document-exchange.ts'
import { type Clocks, UnsentEdits } from './edits.ts'
import { KeptApart } from './kept-apart.ts'
import { type LocalEdit, watchLocalEdits } from './local-edits.ts'
import { type GetToken, RoomConnection } from './room-connection.ts'
import { isSameStatus, savingStatus, type SavingStatus } from './saving-status.ts'
import { StrandedWatch } from './stranded-watch.ts'
import type { Received, SyncClient } from './sync-client.ts'

const STRANDED_CHECK_MS = 3_000

/** Why a room was closed to somebody for good, so that what this device has of it goes. */
const ACCESS_ENDED: ReadonlySet<ErrorCode> = new Set(['forbidden', 'left', 'not_found', 'room_deleted'])

/** What a session needs to know of a room. */
export interface RoomSessionOptions {
  readonly roomId: string
  /** Where the server is: its http(s) address, with the path below which it lies. */
  readonly serverUrl: string
  readonly getToken: GetToken
  /**
   * Whose edits are stored on this device, or that none are. Left out, it is whom the first token was made for, and nothing
   * that is stored shows before that has come.
   */
  readonly storage?: DeviceStorage | undefined
  /** Nobody looks at it: the others do not see this person in the room. */
  readonly isUnseen?: boolean
}

/** One open board in one tab: its document, who is there, and whether what was drawn is durable. */
export interface RoomSession {
  readonly doc: Y.Doc
  readonly awareness: Awareness
  /** The same object until it changes. */
  readonly status: SavingStatus
  /** What the person may do here, as the server said last, now or in an earlier session. */
  readonly role: Role | undefined
  /** Whom the last token was made for, once there is one and it says so. */
  readonly user: PresenceUser | undefined
  /** What this device has is in the document, as far as it could be read. Never rejects. */
  readonly localLoaded: Promise<void>
  /** The server's drawing is in the document. Never rejects; waits as long as the server is out of reach. */
  readonly firstSync: Promise<void>
  /**
   * The person has let go of what was unsent here, in this tab or another. Nothing of this session is stored or sent any
   * more, and whoever holds it opens the room anew. Never rejects.
   */
  readonly discarded: Promise<void>
  /** Calls back when `status` or `role` has changed, until the returned function is called. */
  subscribe(listener: () => void): () => void
  /** Says whether the view holds something that is not in the document yet; it counts as one unsent edit. */
  setUnwritten(hasUnwritten: boolean): void
  /** Tries to connect now. */
  reconnect(): void
  /** Leaves the room, and resolves when what waited for the device's storage is written. */
  close(): Promise<void>
}

/** Opens a room: loads what the device has, connects, and stays connected until it is closed. */
export function createRoomSession(options: RoomSessionOptions): RoomSession {
  return new OpenRoom(options)
}

class OpenRoom implements RoomSession {
  readonly doc = new Y.Doc()
  readonly awareness = new Awareness(this.doc)
  readonly localLoaded: Promise<void>
  readonly firstSync: Promise<void>
  readonly discarded: Promise<void>
  status: SavingStatus
  role: Role | undefined
  user: PresenceUser | undefined

  readonly #options: RoomSessionOptions
  readonly #server: string
  readonly #unsent = new UnsentEdits()
  readonly #apart = new KeptApart(this.doc, this.#unsent)
  readonly #connection: RoomConnection
  readonly #listeners = new Set<() => void>()
  readonly #strandedWatch = new StrandedWatch()
  readonly #strandedTimer: ReturnType<typeof setInterval>
  readonly #stops: ReadonlyArray<() => void>
  readonly #local = Promise.withResolvers<void>()
  readonly #synced = Promise.withResolvers<void>()
  readonly #discarded = Promise.withResolvers<void>()
  /** Whose device this is, once it is known; null: nothing is stored. */
  #person: string | null | undefined
  #device: RoomOnDevice | undefined
  /** What is said on the connection that is open now. */
  #documents: DocumentExchange | undefined
  #people: AwarenessExchange | undefined
  #shownRole: Role | undefined
  #hasUnwritten = false
  /** The whole drawing has once been in the document, or on this device. */
  #isHere = false
  #storeFailing = false
  #refusal: LastingRefusal | undefined
  /** The reason of a refusal that was given last. */
  #refusedFor: RefusalReason | undefined
  /** What turned us away when the server had let us in, while we have not got past it since. */
  #turnedAway: 'store-failing' | 'crowded' | undefined
  #closing: Promise<void> | undefined

  constructor(options: RoomSessionOptions) {
    const { roomId, serverUrl, getToken, storage, isUnseen = false } = options
    // Everybody is told under which number a cursor is. Who writes first under a number has it: nobody is told this one before.
    this.doc.clientID = new Y.Doc().clientID
    this.#options = options
    this.#server = serverAddress(serverUrl)
    this.localLoaded = this.#local.promise
    this.firstSync = this.#synced.promise
    this.discarded = this.#discarded.promise
    this.status = { kind: 'connecting', unsent: 0, stored: storage !== 'none' }
    if (isUnseen) this.awareness.setLocalState(null)
    this.#connection = new RoomConnection({
      roomId,
      syncUrl: socketAddress(serverUrl) + SYNC_PATH,
      getToken,
      onLink: () => this.#changed(),
      onToken: (token) => this.#meetPerson(token),
      onOpen: (client) => this.#opened(client),
      onReceived: (message) => this.#received(message),
      onDropped: () => this.#dropped(),
    })
    this.#stops = [
      watchLocalEdits(this.doc, {
        onEdit: (edit) => this.#edited(edit),
        onRemote: (update) => this.#device?.stored.storeRemote(update),
      }),
      listenToBrowser({
        online: () => this.reconnect(),
        shown: () => this.reconnect(),
        offline: () => this.#connection.startOver(),
        hidden: () => void this.#device?.stored.flush(),
      }),
    ]
    this.#strandedTimer = setInterval(() => this.#checkStranded(), STRANDED_CHECK_MS)
    void this.#start()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  setUnwritten(hasUnwritten: boolean): void {
    this.#hasUnwritten = hasUnwritten
    this.#changed()
  }

  reconnect(): void {
    this.#connection.tryNow()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #start(): Promise<void> {
    const { storage } = this.#options
    if (storage === 'none') this.#person = null
    else if (storage) await this.#openDevice(storage.person)
    if (storage) this.#local.resolve()
    this.#connection.tryNow()
  }

  async #close(): Promise<void> {
    clearInterval(this.#strandedTimer)
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
    if (this.awareness.getLocalState() !== null) this.awareness.setLocalState(null)
    this.#connection.close()
    await this.#device?.close()
    this.#local.resolve()
    this.awareness.destroy()
    this.doc.destroy()
  }

  /** Without being told, the session is of whom its first token was made for, and of nobody else. */
  async #meetPerson(token: string): Promise<void> {
    this.user = findTokenUser(token)
    if (this.#options.storage) return
    const person = this.user?.id ?? null
    if (this.#person !== undefined && person !== this.#person) throw new AnotherPersonError()
    if (this.#person !== undefined) return
    if (person === null) this.#person = null
    else await this.#openDevice(person)
    this.#local.resolve()
  }

  async #openDevice(person: string): Promise<void> {
    this.#person = person
    this.#device = new RoomOnDevice({
      place: [this.#server, person, this.#options.roomId],
      doc: this.doc,
      unsent: this.#unsent,
      onRole: (role) => {
        this.role ??= role
        this.#isHere = true
      },
      onDurable: (clocks) => void this.#settle(clocks),
      onDiscarded: () => {
        // At once: an edit that was refused until now may be let through the next moment.
        this.#connection.close()
        this.#discarded.resolve()
      },
      onChange: () => this.#changed(),
    })
    await this.#device.open()
    this.#changed()
  }

  #opened(client: SyncClient): void {
    this.#documents = new DocumentExchange({
      client,
      doc: this.doc,
      unsent: this.#unsent,
      isViewer: () => this.role === 'viewer',
      held: () => this.#apart.held,
      onDurable: (durable) => {
        const news = this.#settle(durable)
        this.#device?.storeDurable(news)
      },
      onRefused: (update, isTorn) => this.#refused(update, isTorn),
      onDownloaded: () => {
        this.#synced.resolve()
        this.#isHere = true
        this.#rememberRole()
      },
      onChange: () => this.#changed(),
    })
    this.#people = new AwarenessExchange(client, this.awareness)
    this.#people.announce()
  }

  /** Stored before it is sent, so that nobody knows of an edit which a crash here could undo. */
  #edited({ update, names, before }: LocalEdit): void {
    for (const name of names) this.#unsent.add(name)
    this.#apart.edited(update)
    this.#device?.storeEdit(update, names)
    this.#documents?.send(update, before)
    this.#changed()
  }

  /** The server has said to this tab, or to another, that this is durable; returns what of it is news. */
  #settle(durable: Clocks): Clocks {
    const news = this.#unsent.becameDurable(durable)
    this.#apart.becameDurable()
    if (this.#unsent.count === 0) this.#refusal = undefined
    return news
  }

  #refused(update: Uint8Array, isTorn: boolean): void {
    const reason = this.#refusedFor
    if (!reason || !isLastingRefusal(reason)) return
    if (this.#apart.refused(update, isTorn, reason === 'foreign_client')) this.#documents?.compare()
  }

  #received(message: Received): void {
    switch (message.kind) {
      case 'step1':
      case 'update':
      case 'answer':
        if (message.kind === 'update') this.#turnedAway = undefined
        this.#documents?.received(message)
        if (message.kind === 'update' && this.#apart.received(message.update)) this.#documents?.compare()
        return
      case 'awareness':
        return this.#people?.received(message.update)
      case 'ping':
        return this.#people?.renew()
      case 'notice':
        return this.#noticed(message.notice)
    }
  }

  /** A board of which this device has a role opens without the server: not before its drawing is here, too. */
  #rememberRole(): void {
    if (this.role && this.#isHere) this.#device?.stored.rememberRole(this.role)
  }

  #noticed(notice: Notice): void {
    switch (notice.type) {
      case 'welcome': {
        const { protocol, oldest, bytes } = notice
        if (oldest > PROTOCOL_VERSION || protocol < OLDEST_PROTOCOL) return this.#connection.giveUp('client_outdated')
        return this.#documents?.expect(bytes)
      }
      case 'role':
        // Of who may draw from now on, the server asks what it lacks: to compare would bring the drawing down once more.
        this.role = notice.role
        this.#rememberRole()
        break
      case 'store':
        this.#storeFailing = notice.state === 'failing'
        break
      case 'refused':
        this.#refusedFor = notice.reason
        if (isLastingRefusal(notice.reason)) this.#refusal = notice.reason
    }
    this.#changed()
  }

  #dropped(): void {
    this.#documents = undefined
    this.#people?.end()
    this.#people = undefined
    this.#storeFailing = false
    this.#refusal = undefined
    this.#strandedWatch.check(this.#unsent, undefined)
    this.#changed()
  }

  #checkStranded(): void {
    const documents = this.#documents
    const mightSend = documents?.downloaded && !this.#storeFailing && this.role && mayDraw(this.role)
    if (this.#strandedWatch.check(this.#unsent, mightSend ? documents : undefined)) documents?.compare()
  }

  #changed(): void {
    const { link } = this.#connection
    if (link.state === 'store-failing' || link.state === 'crowded') this.#turnedAway = link.state
    else if (link.state !== 'joined') this.#turnedAway = undefined
    if (link.state !== 'connecting' && link.state !== 'joined') this.#local.resolve()
    const unsent = this.#unsent.count + (this.#hasUnwritten ? 1 : 0)
    if (link.state === 'no-access') this.#accessEnded(link.reason, unsent)
    const status = savingStatus({
      link,
      role: this.role,
      // Also what another tab has brought.
      here: this.#isHere || hasElements(this.doc),
      downloaded: this.#documents?.downloaded ?? false,
      caughtUp: this.#documents?.caughtUp ?? false,
      storeFailing: this.#storeFailing || this.#turnedAway === 'store-failing',
      crowded: this.#turnedAway === 'crowded',
      refusal: this.#refusal,
      damaged: this.#documents?.isDamaged ?? false,
      outdated: schemaState(this.doc) === 'newer',
      stored: this.#device?.stored.working ?? (this.#options.storage !== 'none' && this.#person !== null),
      unsent,
      downloading: this.#documents?.downloading,
      uploading: this.#documents?.uploading,
    })
    if (this.role === this.#shownRole && isSameStatus(status, this.status)) return
    this.#shownRole = this.role
    this.status = status
    for (const listener of this.#listeners) listener()
  }

  /** What this device has goes with the right to see it; what is unsent stays until the person has decided about it. */
  #accessEnded(reason: ErrorCode, unsent: number): void {
    const hadRole = this.role !== undefined
    this.role = undefined
    // A sign-in that ended, say, takes nothing.
    if (!ACCESS_ENDED.has(reason)) return
    if (hadRole) this.#device?.stored.rememberRole(undefined)
    if (unsent === 0) this.#device?.stored.remove()
  }
}

class AnotherPersonError extends Error {
  override readonly name = 'AnotherPersonError'
  readonly code: ErrorCode = 'unauthenticated'

  constructor() {
    super('The token is of another person than the one before.')
  }
}
