import { crc32 } from 'node:zlib'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import { aroundStore } from '../../testing/around-store.ts'
import type { DocumentStore, RecordId } from '../../ports/document-store.ts'
import { encodeRanges, rangesOfDocument, recordOf } from './clock-ranges.ts'
import { Journal } from './journal.ts'
import { loadRoom } from './load-room.ts'

const roomId = roomIdSchema.parse('room-aaaaaa')
const unavailable = { code: 'store_unavailable' }

let store: MemoryDocumentStore
let document: Y.Doc
let reports: RecordId[]

beforeEach(() => {
  store = new MemoryDocumentStore()
  document = new Y.Doc()
  reports = []
})

const load = (from: DocumentStore = store, journal: Pick<Journal, 'flush'> = { flush: async () => undefined }) =>
  loadRoom(roomId, { store: from, journal, reportDamaged: (record) => reports.push(record) })

/** A word more in the document, as a record of its own. */
function wordRecord(word: string) {
  const before = Y.encodeStateVector(document)
  document.getMap('words').set(word, true)
  return recordOf(Y.encodeStateAsUpdate(document, before), null, 1)
}

async function append(...records: Array<ReturnType<typeof wordRecord>>): Promise<void> {
  await store.append({ id: crypto.randomUUID(), rooms: [{ roomId, entries: records }] })
}

async function addSnapshot(seq: number, bytes = Y.encodeStateAsUpdate(document), crc = crc32(bytes)): Promise<void> {
  const ranges = encodeRanges(rangesOfDocument(document))
  await store.addSnapshot(roomId, { seq, bytes, ranges, crc, at: 1, label: null })
}

/** A record whose bytes are not those that were written, as after a disk has forgotten some. */
function spoilt<T extends { update: Uint8Array }>(record: T): T {
  return { ...record, update: record.update.map((byte, index) => (index === 3 ? byte ^ 0xff : byte)) }
}

function wordsIn({ snapshot, tail }: Awaited<ReturnType<typeof loadRoom>>): string[] {
  const copy = new Y.Doc()
  if (snapshot) Y.applyUpdate(copy, snapshot.bytes)
  for (const { update } of tail) Y.applyUpdate(copy, update)
  return [...copy.getMap('words').keys()].sort()
}

test('a room nobody wrote to is empty', async () => {
  expect(await load()).toMatchObject({ snapshot: null, head: 0, tail: [] })
})

test('a room comes as it is stored: the snapshot, and what came after', async () => {
  await append(wordRecord('one'), wordRecord('two'))
  await addSnapshot(2)
  await append(wordRecord('three'))
  const stored = await load()
  expect([stored.snapshot?.seq, stored.head, wordsIn(stored)]).toEqual([2, 3, ['one', 'three', 'two']])
})

test('damaged updates are set aside and told of, all of them, and the rest opens in the same call', async () => {
  // Each word of its own author, so that none needs another.
  const records = ['one', 'two', 'three', 'four'].map((word) => {
    document = new Y.Doc()
    return wordRecord(word)
  })
  await append(...records.map((record, index) => (index % 2 ? spoilt(record) : record)))
  const stored = await load()
  expect(wordsIn(stored)).toEqual(['one', 'three'])
  const aside = [2, 4].map((seq) => ({ roomId, kind: 'update', seq }))
  expect(reports).toEqual(aside)
  expect(await store.listQuarantined(roomId)).toMatchObject(aside)
  expect(stored.quarantined).toEqual([2, 4])
  await load()
  expect(reports).toHaveLength(2)
})

test('a damaged snapshot is set aside, and the room opens from the one before and what came after', async () => {
  await append(wordRecord('one'))
  await addSnapshot(1)
  await append(wordRecord('two'))
  const bytes = Y.encodeStateAsUpdate(document)
  await addSnapshot(2, spoilt({ update: bytes }).update, crc32(bytes))
  await append(wordRecord('three'))
  const stored = await load()
  expect([stored.snapshot?.seq, wordsIn(stored)]).toEqual([1, ['one', 'three', 'two']])
  expect(reports).toEqual([{ roomId, kind: 'snapshot', seq: 2 }])
})

test('a room of which nothing can be read is not opened empty, however often it is tried', async () => {
  await append(spoilt(wordRecord('one')), spoilt(wordRecord('two')))
  for (let n = 0; n < 2; n++) {
    await expect(load()).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('not opened empty') })
  }
  expect(reports).toHaveLength(2)
})

test('a room with a hole in its numbers is not opened', async () => {
  await append(wordRecord('one'), wordRecord('two'))
  await addSnapshot(1)
  await append(wordRecord('three'))
  await addSnapshot(3)
  // What only the snapshots hold is purged; then the second newest is all that is left to start from.
  await store.purge({ updatesBefore: 2, batchesBefore: 0, keepSnapshot: () => false })
  await append(wordRecord('four'))
  await store.quarantine({ roomId, kind: 'snapshot', seq: 3 }, 'test')
  expect(wordsIn(await load())).toEqual(['four', 'one', 'three', 'two'])
  await store.quarantine({ roomId, kind: 'snapshot', seq: 1 }, 'test')
  await expect(load()).rejects.toMatchObject({ ...unavailable, cause: { name: 'JournalHoleError' } })
})

test.for(['load', 'quarantine'] as const)('a store that fails to %s does not open the room', async (failing) => {
  await append(wordRecord('one'), spoilt(wordRecord('two')))
  const broken = aroundStore(store, async (call, work) => {
    if (call === failing) throw new Error('disk full')
    return await work()
  })
  await expect(load(broken)).rejects.toMatchObject({ ...unavailable, cause: new Error('disk full') })
  expect((await load()).head).toBe(2)
})

test('what an earlier life of the room has still to store is stored first', async () => {
  const held = Promise.withResolvers<void>()
  const slow = aroundStore(store, async (call, work) => {
    if (call === 'append') await held.promise
    return await work()
  })
  const journal = new Journal(slow)
  journal.append(roomId, wordRecord('one'))
  const loading = load(slow, journal)
  held.resolve()
  expect(wordsIn(await loading)).toEqual(['one'])
})

test('while that cannot be stored, the room is not opened without it', async () => {
  const broken = aroundStore(store, async (call, work) => {
    if (call === 'append') throw new Error('disk full')
    return await work()
  })
  const journal = new Journal(broken, { pace: { firstRetryMs: 1_000_000, longestRetryMs: 1_000_000 } })
  journal.append(roomId, wordRecord('one'))
  await expect(load(broken, journal)).rejects.toMatchObject(unavailable)
})
