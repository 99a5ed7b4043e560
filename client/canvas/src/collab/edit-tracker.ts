import type { Role } from '@sketchroom/shared/roles'
import type * as Y from 'yjs'
import type { Place } from '../offline/device-database.ts'
import { createTabId, isMadeBy, type EditId } from '../offline/edit-id.ts'
import { KeptRoom } from '../offline/kept-room.ts'
import { KEPT, SIBLING } from '../offline/origins.ts'
import { SiblingTabs } from '../offline/sibling-tabs.ts'
import { EditLedger } from './edit-ledger.ts'
import { RoomProvider } from './room-provider.ts'
import type { SyncFrame } from './sync-frame.ts'

/** Storage that does not answer must not keep the board from opening. */
const LOAD_DEADLINE_MS = 4_000

/** What a tracker follows, and whom it tells. */
export interface EditTrackerOptions {
  readonly place: Place
  readonly doc: Y.Doc
  readonly storage: 'indexeddb' | 'none'
  /** Called when `pending`, `caughtUp` or `kept` may have changed. */
  readonly onChange: () => void
}

/**
 * Follows each edit of this device from the document into the device's storage, to the other tabs, and to the
 * server's word that it is durable. Create it before the provider, so that an edit is on its way to the
 * device's storage before it is sent.
 */
export class EditTracker {
  readonly #options: EditTrackerOptions
  readonly #tab = createTabId()
  readonly #ledger = new EditLedger()
  readonly #kept: KeptRoom | undefined
  readonly #siblings: SiblingTabs
  #made = 0
  /** The edit that the document told of last; undefined when that was nobody's here. */
  #told: EditId | undefined

  constructor(options: EditTrackerOptions) {
    this.#options = options
    const { place, doc, storage, onChange } = options
    const unsettled = () => this.#ledger.unsettled()
    this.#kept = storage === 'indexeddb' ? new KeptRoom({ place, doc, unsettled, onChange }) : undefined
    this.#siblings = new SiblingTabs({
      place,
      tab: this.#tab,
      doc,
      unsettled,
      onEdits: (edits) => this.#know(edits),
      onSettled: (edits) => {
        this.#ledger.settle(edits)
        onChange()
      },
    })
    doc.on('update', this.#updated)
  }

  /** How many edits of this device the server has not made durable, as far as this tab knows. */
  get pending(): number {
    return this.#ledger.pending
  }

  /** See `EditLedger.caughtUp`. */
  get caughtUp(): boolean {
    return this.#ledger.caughtUp
  }

  /** Whether this device keeps what is drawn now. */
  get kept(): boolean {
    return this.#kept?.working ?? false
  }

  /**
   * Loads what this device keeps, and meets the other tabs. Resolves after a few seconds even if the storage
   * does not answer; what comes later is loaded then. `onRole` hears what the person could last do here.
   */
  async load(onRole: (role: Role) => void): Promise<void> {
    await settledWithin(this.#loadKept(onRole), LOAD_DEADLINE_MS)
    this.#kept?.doubt()
    this.#siblings.hello()
  }

  /** A frame left on the current connection. */
  sent(frame: SyncFrame): void {
    // The provider sends an Update while the document tells of the edit in it, right after it told us.
    if (frame.kind === 'update') this.#ledger.sentUpdate(this.#told)
    if (frame.kind === 'step2') this.#ledger.sentEverything()
  }

  /** The server answered the oldest frame that it had not answered. */
  answered(durable: boolean): void {
    const settled = this.#ledger.answered(durable)
    this.#kept?.settle(settled)
    this.#siblings.settled(settled)
    this.#options.onChange()
  }

  /** The connection is gone. */
  dropped(): void {
    this.#ledger.dropped()
    this.#options.onChange()
  }

  /** The edits that nobody seems to be sending; see `EditLedger.stranded`. */
  stranded(): EditId[] {
    return this.#ledger.stranded()
  }

  /** Remembers on this device what the person may do here; undefined forgets it. */
  rememberRole(role: Role | undefined): void {
    this.#kept?.rememberRole(role)
  }

  /** Writes what waits for the device's storage. Never rejects. */
  async flush(): Promise<void> {
    await this.#kept?.flush()
  }

  /** Stops following, and resolves when everything is written. */
  async close(): Promise<void> {
    this.#options.doc.off('update', this.#updated)
    this.#siblings.close()
    await this.#kept?.close()
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    this.#told = undefined
    if (origin === KEPT || origin === SIBLING) return
    if (origin instanceof RoomProvider) return this.#kept?.keepRemote(update)
    this.#made += 1
    const edit: EditId = `${this.#tab}:${this.#made}`
    this.#told = edit
    this.#ledger.add(edit)
    this.#kept?.keepEdit(update, edit)
    this.#siblings.edit(edit, update)
    this.#options.onChange()
  }

  async #loadKept(onRole: (role: Role) => void): Promise<void> {
    if (!this.#kept) return
    const { edits, role } = await this.#kept.load()
    if (role) onRole(role)
    this.#know(edits.filter((edit) => !isMadeBy(edit, this.#tab)))
  }

  #know(edits: readonly EditId[]): void {
    for (const edit of edits) this.#ledger.add(edit)
    this.#options.onChange()
  }
}

async function settledWithin(promise: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs)
  })
  await Promise.race([promise, deadline])
  clearTimeout(timer)
}
