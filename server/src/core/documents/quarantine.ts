import { crc32 } from 'node:zlib'
import * as Y from 'yjs'
import { messageOf } from '../../errors.ts'
import type { DocumentStore, QuarantinedRecord, UpdateRecord } from '../../ports/document-store.ts'
import { rangesOfDocument, rangesOfUpdate, recordOf } from './clock-ranges.ts'
import { mergePieces, piecesOf } from './piece-list.ts'

/** What trying a quarantined record again came to. */
export type Trial =
  /** It can be given back, as this update; `isNews` is false when the room has all of it already. */
  | { readonly isSound: true; readonly entry: UpdateRecord; readonly isNews: boolean }
  | { readonly isSound: false; readonly reason: string }

/** What became of a record that was to be given back. */
export type GivenBack =
  | { readonly record: QuarantinedRecord; readonly seq: number }
  | { readonly record: QuarantinedRecord; readonly reason: string }

/**
 * Tries a record again on top of all that its room has, in a document of its own. Changes nothing. Rejects when the
 * store fails.
 */
export async function tryQuarantined(store: DocumentStore, record: QuarantinedRecord): Promise<Trial> {
  if (crc32(record.bytes) !== record.crc) return unsound('its bytes are not those that were written')
  const document = new Y.Doc()
  const { snapshot, tail } = await store.load(record.roomId)
  try {
    for (const piece of snapshot ? piecesOf(snapshot.bytes) : []) Y.applyUpdate(document, piece)
    for (const { update } of tail) Y.applyUpdate(document, update)
  } catch (error) {
    return unsound(`the rest of the room cannot be read: ${messageOf(error)}`)
  }
  let isNews = false
  document.once('update', () => (isNews = true))
  try {
    const update = record.kind === 'snapshot' ? mergePieces(record.bytes) : record.bytes
    const entry = recordOf(update, record.author, record.at)
    Y.applyUpdate(document, update)
    return isTaken(document, update)
      ? { isSound: true, entry, isNews }
      : unsound('it builds on edits that the room does not have')
  } catch (error) {
    return unsound(`it cannot be applied: ${messageOf(error)}`)
  } finally {
    document.destroy()
  }
}

/**
 * Gives back those of the records that are sound, each as its room's next update, and says of each what became of it.
 * One may build on another, so those that were refused are tried again for as long as any is given back.
 */
export async function giveBackSound(store: DocumentStore, records: readonly QuarantinedRecord[]): Promise<GivenBack[]> {
  const given: GivenBack[] = []
  let refused: GivenBack[] = []
  let left = [...records].sort((a, b) => a.seq - b.seq)
  for (let before = Infinity; left.length > 0 && left.length < before;) {
    before = left.length
    refused = []
    for (const record of left) {
      const trial = await tryQuarantined(store, record)
      const seq = trial.isSound ? await store.giveBack(record, trial.entry) : undefined
      if (seq !== undefined) given.push({ record, seq })
      else refused.push({ record, reason: trial.isSound ? 'it is no longer in quarantine' : trial.reason })
    }
    left = refused.map(({ record }) => record)
  }
  return [...given, ...refused]
}

/** Whether a document holds all that an update speaks of: Yjs keeps what it cannot place, and says nothing. */
function isTaken(document: Y.Doc, update: Uint8Array): boolean {
  const [part, whole] = [rangesOfUpdate(Y.decodeUpdate(update)), rangesOfDocument(document)]
  return part.inserted.isWithin(whole.inserted) && part.deleted.isWithin(whole.deleted)
}

function unsound(reason: string): Trial {
  return { isSound: false, reason }
}
