import type { Role } from '@sketchroom/shared/roles'
import type * as Y from 'yjs'
import type { Clocks, Edit, UnsentEdits } from '../collab/edits.ts'
import type { Place } from './device-database.ts'
import { SiblingTabs } from './sibling-tabs.ts'
import { StoredRoom } from './stored-room.ts'
import { onDiscarded } from './stored-rooms.ts'

/** Storage that does not answer must not keep the board from opening. */
const OPEN_DEADLINE_MS = 4_000

/** Whose edits are stored on this device, or that none are. */
export type DeviceStorage = { readonly person: string } | 'none'

/** What a room on a device needs, and whom it tells. */
export interface RoomOnDeviceOptions {
  readonly place: Place
  readonly doc: Y.Doc
  /** Edits of this device that it finds are added. */
  readonly unsent: UnsentEdits
  /** What the person could last do here: the device has the board. */
  readonly onRole: (role: Role) => void
  /** Another tab, or an earlier session, learned that this is durable. */
  readonly onDurable: (clocks: Clocks) => void
  /** The person has let go of what is here of the room, in this tab or another. Nothing more is stored. */
  readonly onDiscarded: () => void
  /** Called when `stored.working`, or what is unsent, may have changed. */
  readonly onChange: () => void
}

/** One room in one tab as a part of its device: the device's storage, and the other tabs that show the room. */
export class RoomOnDevice {
  /** What concerns the storage alone is its matter. */
  readonly stored: StoredRoom
  readonly #options: RoomOnDeviceOptions
  readonly #siblings: SiblingTabs
  readonly #own = new Set<number>()
  readonly #stopHearing: () => void

  constructor(options: RoomOnDeviceOptions) {
    const { place, doc, unsent, onDurable, onChange } = options
    this.#options = options
    this.stored = new StoredRoom({ place, doc, unsent: () => unsent, onChange })
    this.#siblings = new SiblingTabs({
      place,
      doc,
      ownUnsent: () => [...unsent].filter(({ client }) => this.#own.has(client)),
      onEdits: (edits) => this.#know(edits),
      onDurable: (clocks) => {
        onDurable(clocks)
        onChange()
      },
    })
    this.#stopHearing = onDiscarded(place, () => {
      // Another tab that opens it anew is told nothing of what was let go.
      this.#siblings.close()
      this.stored.discarded()
      options.onDiscarded()
    })
  }

  /**
   * Loads what is stored, and meets the other tabs. Resolves after a few seconds even if the storage does not answer; what
   * comes later is loaded then.
   */
  async open(): Promise<void> {
    const loading = this.#load()
    let timer: ReturnType<typeof setTimeout> | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.stored.doubt()
        resolve()
      }, OPEN_DEADLINE_MS)
    })
    await Promise.race([loading, deadline])
    clearTimeout(timer)
  }

  /** Stores a local edit, and tells the other tabs. */
  storeEdit(update: Uint8Array, names: readonly [Edit, ...Edit[]]): void {
    for (const { client } of names) this.#own.add(client)
    this.stored.storeEdit(update, names)
    this.#siblings.edit(names, update)
  }

  /** Notes what the server has made durable, here and in the other tabs. */
  storeDurable(clocks: Clocks): void {
    this.stored.storeDurable(clocks)
    this.#siblings.durable(clocks)
  }

  /** Leaves the other tabs, and resolves when everything is written. */
  async close(): Promise<void> {
    this.#siblings.close()
    this.#stopHearing()
    await this.stored.close()
  }

  async #load(): Promise<void> {
    const { unsent, durable, role } = await this.stored.load()
    if (role) this.#options.onRole(role)
    this.#options.onDurable(durable)
    this.#know(unsent)
    this.#siblings.hello()
  }

  #know(edits: readonly Edit[]): void {
    for (const edit of edits) this.#options.unsent.add(edit)
    this.#options.onChange()
  }
}
