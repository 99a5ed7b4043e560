import { isDeepStrictEqual } from 'node:util'
import { crc32 } from 'node:zlib'
import * as Y from 'yjs'
import { messageOf } from '../../errors.ts'
import type { RecordsOfRoom, StoredRecord } from '../../ports/records-of-room.ts'
import { readUpdate } from '../gate/read-update.ts'
import { Refusal } from '../gate/refusal.ts'
import { decodeRanges, rangesOfDocument, rangesOfUpdate, type EditRanges } from './clock-ranges.ts'
import { DAMAGED } from './load-room.ts'
import { piecesOf } from './piece-list.ts'

/** What was found out about a room's records. */
export interface RoomFindings {
  readonly updates: number
  readonly snapshots: number
  /** How many of the snapshots were held against what came before them; of others, that is no longer stored. */
  readonly proven: number
  /** What is wrong, a line each. */
  readonly faults: readonly string[]
  /** What was set aside, a line each: known, and left out of the drawing. */
  readonly setAside: readonly string[]
}

/**
 * Reads all that is stored of a room, and proves as much as can be: every record is what was written and says what it is
 * said to say, no number is missing, and each snapshot is what came before it, as far as that is still stored.
 */
export async function verifyRoom(records: RecordsOfRoom): Promise<RoomFindings> {
  const check = new RoomCheck(records)
  await check.run()
  return check
}

class RoomCheck implements RoomFindings {
  readonly faults: string[] = []
  readonly setAside: string[] = []
  updates = 0
  snapshots = 0
  proven = 0
  readonly #records: RecordsOfRoom
  /** The clean-up takes updates only up to here: the second newest snapshot, or one that was when it ran. */
  readonly #heldUpTo: number
  /** All up to the update `#at`, or undefined when some of that is not stored, or cannot be read. */
  #document: Y.Doc | undefined = new Y.Doc()
  #at = 0
  /** Whether an update that is set aside may be in the next snapshot: it is not known which came first. */
  #mayHaveMore = false

  constructor(records: RecordsOfRoom) {
    this.#records = records
    this.#heldUpTo = records.snapshots.at(-2)?.seq ?? 0
  }

  async run(): Promise<void> {
    const { snapshots, head = 0 } = this.#records
    const left = [...snapshots]
    for await (const update of this.#records.updates()) {
      while (left[0] && left[0].seq < update.seq) await this.#checkSnapshot(left.shift()?.seq ?? 0)
      this.#checkUpdate(update)
    }
    for (const { seq } of left) await this.#checkSnapshot(seq)
    const last = Math.max(this.#at, head)
    if (this.#records.head === undefined && last > 0) this.faults.push('nothing says which update is the last')
    else if (this.#at > head) this.faults.push(`update ${head} is said to be the last, and there is ${this.#at}`)
    this.#skipTo(last + 1)
    this.#document?.destroy()
  }

  #checkUpdate(update: StoredRecord): void {
    this.#skipTo(update.seq)
    this.#at = update.seq
    this.updates += 1
    const name = `update ${update.seq}`
    if (update.quarantined !== null) {
      this.setAside.push(`${name}: ${update.quarantined}`)
      this.#mayHaveMore = true
      return
    }
    const fault = faultOf(update, () => {
      const decoded = Y.decodeUpdate(update.bytes)
      readByGate(update.bytes)
      if (this.#document) Y.applyUpdate(this.#document, update.bytes)
      return rangesOfUpdate(decoded)
    })
    if (fault === undefined) return
    this.faults.push(`${name}: ${fault}`)
    this.#forget()
  }

  async #checkSnapshot(seq: number): Promise<void> {
    const snapshot = await this.#records.readSnapshot(seq)
    this.snapshots += 1
    const name = `snapshot ${seq}`
    if (snapshot.quarantined !== null) return void this.setAside.push(`${name}: ${snapshot.quarantined}`)
    const document = new Y.Doc()
    const fault = faultOf(snapshot, () => {
      for (const piece of piecesOf(snapshot.bytes)) {
        readByGate(piece)
        Y.applyUpdate(document, piece)
      }
      return rangesOfDocument(document)
    })
    if (fault !== undefined) return void this.faults.push(`${name}: ${fault}`)
    if (this.#document && this.#at === seq) {
      this.proven += 1
      if (!isSame(this.#document, document, this.#mayHaveMore)) {
        // The next one is held against the updates, too.
        return void this.faults.push(`${name}: it is not what the updates before it come to`)
      }
    }
    this.#skipTo(seq + 1)
    this.#forget()
    this.#document = document
    this.#mayHaveMore = false
  }

  /** From what was read last to before this number, nothing is stored. */
  #skipTo(seq: number): void {
    const [from, to] = [this.#at + 1, seq - 1]
    if (from > to) return
    this.#at = to
    this.#forget()
    if (to <= this.#heldUpTo) return
    const missing = Math.max(from, this.#heldUpTo + 1)
    const name = missing === to ? `update ${to} is missing` : `the updates ${missing} to ${to} are missing`
    const isHeld = this.#records.snapshots.some((snapshot) => snapshot.quarantined === null && snapshot.seq >= to)
    this.faults.push(isHeld ? `${name}; the drawing has them by a later snapshot, its history has not` : name)
  }

  #forget(): void {
    this.#document?.destroy()
    this.#document = undefined
  }
}

/** What is wrong with one record; `read` decodes it, and answers what it says. */
function faultOf(record: StoredRecord, read: () => EditRanges): string | undefined {
  if (crc32(record.bytes) !== record.crc) return DAMAGED
  try {
    const said = read()
    // Those of old versions say nothing.
    if (record.ranges.length === 0) return undefined
    const known = decodeRanges(record.ranges)
    return isWithin(known, said) && isWithin(said, known) ? undefined : 'its ranges are not those of its bytes'
  } catch (error) {
    return `it cannot be read: ${messageOf(error)}`
  }
}

function isWithin(a: EditRanges, b: EditRanges): boolean {
  return a.inserted.isWithin(b.inserted) && a.deleted.isWithin(b.deleted)
}

/** Limits are for what clients send; what the server itself wrote, or took before there was such a limit, may be beyond. */
function readByGate(update: Uint8Array): void {
  try {
    readUpdate(update)
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason === 'malformed_update') throw error
  }
}

/** Whether the second document is what the first is, or, with `mayHaveMore`, has all of it. */
function isSame(expected: Y.Doc, found: Y.Doc, mayHaveMore: boolean): boolean {
  const [all, part] = [rangesOfDocument(found), rangesOfDocument(expected)]
  if (mayHaveMore) return isWithin(part, all)
  if (Buffer.compare(Y.encodeStateAsUpdate(expected), Y.encodeStateAsUpdate(found)) === 0) return true
  // Yjs may put the same together in other structs.
  const content = (document: Y.Doc) => ['elements', 'meta'].map((root) => document.getMap(root).toJSON())
  return isWithin(part, all) && isWithin(all, part) && isDeepStrictEqual(content(expected), content(found))
}
