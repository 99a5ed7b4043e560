import 'fake-indexeddb/auto'
import type { RoomId, SessionId, UserId } from '@sketchroom/shared/ids'
import { mayDraw } from '@sketchroom/shared/roles'
import { elementsOf } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import { createRoomSession, type RoomSession } from '../../../client/canvas/src/collab/room-session.ts'
import type { Chance } from './chance.ts'
import { Life, type VirtualTime } from './virtual-time.ts'

/** Somebody who has signed in. */
export interface Person {
  readonly name: string
  readonly userId: UserId
  readonly sessionId: SessionId
}

/** What a client needs of the house. */
export interface ClientParts {
  readonly person: Person
  readonly roomId: RoomId
  readonly time: VirtualTime
  readonly chance: Chance
  readonly serverUrl: string
  /** Whose edits the device stores, or that it stores none. */
  readonly storage: { readonly person: string } | 'none'
  /** Fetches a token over the network; rejects when nobody answers. */
  readonly fetchToken: (client: SimulatedClient, isRefused: boolean) => Promise<string>
  readonly note: (what: string) => void
  /** The client says that all is saved. */
  readonly onSaved: (client: SimulatedClient) => void
}

/** A person with a device, on which the app's own session of one room runs in a tab, or none. */
export class SimulatedClient {
  readonly life: Life
  readonly parts: ClientParts
  readonly person: Person
  readonly roomId: RoomId
  session: RoomSession | undefined
  /** Whether the device has a network. */
  isOnline = true
  /** How far each Yjs client goes under which something was drawn here. */
  readonly drawn = new Map<number, number>()
  /** How many edits there were. */
  edits = 0
  #closing = Promise.resolve()

  constructor(parts: ClientParts) {
    this.parts = parts
    this.person = parts.person
    this.roomId = parts.roomId
    this.life = new Life(parts.person.name)
  }

  get name(): string {
    return this.person.name
  }

  /** Opens the room in a tab, if it is not. */
  open(): void {
    if (this.session) return
    const { time, serverUrl, storage, fetchToken, note, onSaved } = this.parts
    time.as(this.life, () => {
      const { roomId } = this
      const session = createRoomSession({
        roomId,
        serverUrl,
        getToken: ({ refused }) => fetchToken(this, refused),
        storage,
      })
      this.session = session
      note(`${this.name} opens the room as ${session.doc.clientID}, cursor ${session.awareness.clientID}`)
      session.doc.on('afterTransaction', (transaction: Y.Transaction) => this.#remember(transaction))
      let before = ''
      session.subscribe(() => {
        const { status } = session
        const words = `${status.kind}${'unsent' in status ? ` ${status.unsent}` : ''}`
        if (words !== before) note(`${this.name}: ${words}`)
        before = words
        if (status.kind === 'saved') onSaved(this)
      })
    })
  }

  /** Presses "Try again". */
  reconnect(): void {
    this.parts.time.as(this.life, () => this.session?.reconnect())
  }

  /** Closes the tab; what is unsent stays on the device. */
  close(): Promise<void> {
    const { session } = this
    this.session = undefined
    if (session) this.#closing = this.parts.time.as(this.life, () => session.close())
    return this.#closing
  }

  /** Changes something of the drawing, as far as they may; answers what, in words. */
  draw(): string | undefined {
    const { session } = this
    if (!session?.role || !mayDraw(session.role)) return undefined
    const { chance, time } = this.parts
    const { doc } = session
    const elements = elementsOf(doc)
    const ids = [...elements.keys()]
    const kind = ids.length === 0 || chance.is(0.6) ? 'draws' : chance.is(0.75) ? 'moves' : 'deletes'
    const id = kind === 'draws' ? `${this.name}-${(this.edits += 1)}` : chance.oneOf(ids)
    time.as(this.life, () => {
      const element = elements.get(id)
      if (kind === 'draws') elements.set(id, new Y.Map([['type', 'rectangle']]))
      else if (kind === 'deletes') elements.delete(id)
      else if (element instanceof Y.Map) element.set('strokeColor', chance.oneOf(['red', 'green', 'blue']))
    })
    return `${kind} ${id}`
  }

  /** Moves the cursor. */
  point(): void {
    const { session } = this
    const { chance, time } = this.parts
    const cursor = { x: chance.below(1_000), y: chance.below(1_000) }
    if (session) time.as(this.life, () => session.awareness.setLocalStateField('cursor', cursor))
  }

  /** How much is not saved, as the app says; undefined without a tab. */
  get unsent(): number | undefined {
    const status = this.session?.status
    return status && ('unsent' in status ? status.unsent : 0)
  }

  #remember({ local, beforeState, afterState }: Y.Transaction): void {
    if (!local) return
    for (const [client, clock] of afterState) {
      if (clock > (beforeState.get(client) ?? 0)) this.drawn.set(client, clock)
    }
  }
}
