import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import type * as Y from 'yjs'
import type { Compaction } from '../core/documents/compaction.ts'
import { removeLongDeleted } from '../core/documents/deleted-elements.ts'

/** To look for what was deleted long ago takes as long as a snapshot does. */
const EVERY_MS = 24 * 60 * 60 * 1000
/** So many elements are taken out of a drawing in one turn: a few milliseconds, for everybody who has it open too. */
const ELEMENTS_AT_ONCE = 200

/** What the collection of deleted elements works with. */
export interface ElementCollectionParts {
  readonly compaction: Pick<Compaction, 'findLongDeleted'>
  /** Makes an edit of the server's; see `LoadedRooms.edit`. */
  readonly edit: (roomId: RoomId, author: null, change: (document: Y.Doc) => void) => Promise<number>
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Takes elements that were deleted long ago out of their drawings, by edits that go through the journal and to everybody:
 * once a day for a room, at most, when it gets a snapshot, which is then without them.
 */
export class ElementCollection {
  readonly #parts: ElementCollectionParts
  /** The rooms that were looked through since then. */
  #rooms = new Set<RoomId>()
  #since = -Infinity
  #closed = false

  constructor(parts: ElementCollectionParts) {
    this.#parts = parts
  }

  /** Takes out of a room what it may. Never rejects: what fails waits for another day. */
  async collect(roomId: RoomId): Promise<void> {
    const { compaction, edit, log } = this.#parts
    if (this.#closed || !this.#isItsTurn(roomId)) return
    try {
      const found = await compaction.findLongDeleted(roomId)
      for (let at = 0; found && at < found.elements.length && !this.#closed; at += ELEMENTS_AT_ONCE) {
        const elements = found.elements.slice(at, at + ELEMENTS_AT_ONCE)
        await edit(roomId, null, (document) => void removeLongDeleted(document, { ...found, elements }))
      }
    } catch (error) {
      if (!this.#closed) log.warn({ roomId, err: error }, 'what was deleted long ago stays in a room for now')
    }
  }

  /** Collects no more. */
  close(): void {
    this.#closed = true
  }

  #isItsTurn(roomId: RoomId): boolean {
    const now = this.#parts.now()
    if (now - this.#since >= EVERY_MS) {
      this.#rooms = new Set()
      this.#since = now
    }
    if (this.#rooms.has(roomId)) return false
    this.#rooms.add(roomId)
    return true
  }
}
