import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import type * as Y from 'yjs'
import type { Compaction } from '../core/documents/compaction.ts'
import { removeLongDeleted, type LongDeleted } from '../core/documents/deleted-elements.ts'

/** To look for what was deleted long ago takes as long as a snapshot does. */
const EVERY_MS = 24 * 60 * 60 * 1000
/**
 * So many elements are taken out of a drawing in one turn, or a few labels more: a few milliseconds, for everybody who has
 * it open too.
 */
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
      if (!found) return
      for (const groups of slicesOf(found.groups)) {
        if (this.#closed) return
        await edit(roomId, null, (document) => void removeLongDeleted(document, { ...found, groups }))
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
    // A clock that was ahead is set back: then it has been another day, too.
    if (Math.abs(now - this.#since) >= EVERY_MS) {
      this.#rooms = new Set()
      this.#since = now
    }
    if (this.#rooms.has(roomId)) return false
    this.#rooms.add(roomId)
    return true
  }
}

/** A label and its shape are taken out in one turn: nobody is to come between. */
function* slicesOf(groups: LongDeleted['groups']): Generator<LongDeleted['groups']> {
  let slice: Array<LongDeleted['groups'][number]> = []
  let count = 0
  for (const group of groups) {
    slice.push(group)
    count += group.length
    if (count < ELEMENTS_AT_ONCE) continue
    yield slice
    slice = []
    count = 0
  }
  if (count > 0) yield slice
}
