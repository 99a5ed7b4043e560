import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import { Compaction } from './compaction.ts'
import { Journal } from './journal.ts'
import { loadDocument } from './load-document.ts'

const roomId = roomIdSchema.parse('room-aaaaaa')

/** A store with one update per word, each setting its own key, made by one document. */
async function storeOf(words: readonly string[]) {
  const store = new MemoryDocumentStore()
  const journal = new Journal(store)
  const document = new Y.Doc()
  document.on('update', (update: Uint8Array) => journal.append(roomId, update, null))
  for (const word of words) document.getMap('words').set(word, true)
  await journal.flush()
  return { store, journal, document }
}

const reported: number[] = []
const reportCorrupt = ({ seq }: { seq: number }) => void reported.push(seq)

test('a document is its snapshot and what came after it', async () => {
  const { store, journal, document } = await storeOf(['a', 'b'])
  const compaction = new Compaction({ store, journal })
  compaction.follow(roomId, { head: 2, snapshotSeq: 0 })
  expect(await compaction.compact(roomId, document)).toBe(true)
  document.getMap('words').set('c', true)
  await journal.flush()
  const loaded = new Y.Doc()
  expect(await loadDocument(roomId, loaded, { store, journal, reportCorrupt })).toEqual({ head: 3, snapshotSeq: 2 })
  expect([...loaded.getMap('words').keys()].sort()).toEqual(['a', 'b', 'c'])
})

test('what is appended but not yet committed is there when the room is opened again', async () => {
  const { store, journal, document } = await storeOf(['a'])
  document.getMap('words').set('late', true)
  const loaded = new Y.Doc()
  await loadDocument(roomId, loaded, { store, journal, reportCorrupt })
  expect(loaded.getMap('words').has('late')).toBe(true)
})

test('a record that does not decode is set aside and reported, and the room opens with the rest', async () => {
  const { store, journal } = await storeOf(['a', 'b'])
  await store.append([{ roomId, entries: [{ update: new Uint8Array([1, 2, 3]), actor: null, at: 1 }] }])
  reported.length = 0
  await expect(loadDocument(roomId, new Y.Doc(), { store, journal, reportCorrupt })).rejects.toThrow('set aside')
  expect(reported).toEqual([3])
  const loaded = new Y.Doc()
  await loadDocument(roomId, loaded, { store, journal, reportCorrupt })
  expect([...loaded.getMap('words').keys()]).toEqual(['a', 'b'])
})

test('a snapshot that does not decode is set aside, and its updates are read again', async () => {
  const { store, journal } = await storeOf(['a', 'b'])
  await store.saveSnapshot(roomId, new Uint8Array([7, 7]), 2, 0)
  await expect(loadDocument(roomId, new Y.Doc(), { store, journal, reportCorrupt })).rejects.toThrow('set aside')
  const loaded = new Y.Doc()
  expect(await loadDocument(roomId, loaded, { store, journal, reportCorrupt })).toEqual({ head: 2, snapshotSeq: 0 })
  expect([...loaded.getMap('words').keys()]).toEqual(['a', 'b'])
})

test('a room that cannot be read is never opened empty', async () => {
  const { store, journal } = await storeOf(['a'])
  store.load = () => Promise.reject(new Error('disk gone'))
  await expect(loadDocument(roomId, new Y.Doc(), { store, journal, reportCorrupt })).rejects.toMatchObject({
    code: 'store_unavailable',
  })
})

test('a room of which nothing can be read any more is not opened empty either', async () => {
  const store = new MemoryDocumentStore()
  const journal = new Journal(store)
  await store.append([{ roomId, entries: [{ update: new Uint8Array([1, 2, 3]), actor: null, at: 1 }] }])
  const load = () => loadDocument(roomId, new Y.Doc(), { store, journal, reportCorrupt })
  await expect(load()).rejects.toThrow('set aside')
  await expect(load()).rejects.toThrow('not opened empty')
})

test('no snapshot is written from a document that missed what another process wrote', async () => {
  const { store, journal, document } = await storeOf(['a'])
  const compaction = new Compaction({ store, journal })
  compaction.follow(roomId, { head: 1, snapshotSeq: 0 })
  await store.append([{ roomId, entries: [{ update: new Uint8Array([0, 0]), actor: null, at: 1 }] }])
  document.getMap('words').set('b', true)
  await journal.flush()
  expect(await compaction.compact(roomId, document)).toBe(false)
  expect((await store.load(roomId)).snapshot).toBeNull()
})
