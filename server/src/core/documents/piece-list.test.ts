import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import { recordOf } from './clock-ranges.ts'
import { Compaction } from './compaction.ts'
import { joinPieces, mergePieces, PIECE_BYTES, piecesOf } from './piece-list.ts'
import { giveBackSound } from './quarantine.ts'
import { RoomBytes } from './room-bytes.ts'

const roomId = roomIdSchema.parse('room-aaaaaa')

function drawn(...words: string[]): { doc: Y.Doc; updates: Uint8Array[] } {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const word of words) doc.getMap('words').set(word, true)
  return { doc, updates }
}

function built(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

const wordsOf = (doc: Y.Doc) => [...doc.getMap('words').keys()].sort()

test('one update is itself, several are a list, and nothing at all is the update that says nothing', () => {
  const { doc, updates } = drawn('one', 'two', 'three')
  expect(joinPieces(updates.slice(0, 1))).toBe(updates[0])
  expect(piecesOf(joinPieces(updates))).toEqual(updates)
  expect(wordsOf(built([mergePieces(joinPieces(updates))]))).toEqual(wordsOf(doc))
  expect(mergePieces(updates[0] as Uint8Array)).toBe(updates[0])
  expect(wordsOf(built(piecesOf(joinPieces([]))))).toEqual([])
})

test('a list that is broken off is not read as what is left of it', () => {
  const { updates } = drawn('one', 'two', 'three')
  const list = joinPieces(updates)
  const ends = new Set([2, ...updates.map((_, n) => joinPieces(updates.slice(0, n + 1)).length)])
  for (let length = 3; length < list.length; length++) {
    // A checksum finds those that end between two pieces.
    if (!ends.has(length) && length > joinPieces(updates.slice(0, 2)).length) {
      expect(() => piecesOf(list.subarray(0, length))).toThrow()
    }
  }
})

/** A store with one room, whose snapshot is of several pieces. */
async function largeRoom() {
  const store = new MemoryDocumentStore()
  const compaction = new Compaction({ store, reportDamaged: () => undefined })
  onTestFinished(() => compaction.close())
  const words = Array.from({ length: 300 }, (_, n) => `${n} `.padEnd(1_000, '.'))
  const { doc, updates } = drawn(...words)
  const entries = updates.map((update) => recordOf(update, null, 1))
  await store.append({ id: 'large', rooms: [{ roomId, entries }] })
  const snapshot = await compaction.compact(roomId)
  if (!snapshot) throw new Error('no snapshot')
  return { store, compaction, doc, snapshot }
}

test('the snapshot of a large board is of pieces, each of which needs only those before it', async () => {
  const { store, compaction, doc, snapshot } = await largeRoom()
  const pieces = piecesOf(snapshot.bytes)
  expect(pieces.length).toBeGreaterThan(4)
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(PIECE_BYTES)
  const reader = new Y.Doc()
  for (const piece of pieces) {
    Y.applyUpdate(reader, piece)
    expect(reader.store.pendingStructs).toBeNull()
  }
  expect(wordsOf(reader)).toEqual(wordsOf(doc))
  const bytes = new RoomBytes(await store.load(roomId))
  expect([bytes.parts.length, bytes.isUncut]).toEqual([pieces.length, false])
  // The next one builds on it.
  doc.getMap('words').set('new', true)
  const update = Y.encodeStateAsUpdate(doc)
  await store.append({ id: 'new', rooms: [{ roomId, entries: [recordOf(update, null, 1)] }] })
  const next = await compaction.compact(roomId)
  expect(wordsOf(built(piecesOf(next?.bytes ?? new Uint8Array())))).toEqual(wordsOf(doc))
})

test('such a snapshot is given back from quarantine like any other', async () => {
  const { store, doc, snapshot } = await largeRoom()
  await store.quarantine({ roomId, kind: 'snapshot', seq: snapshot.seq }, 'test')
  for (let seq = 1; seq <= snapshot.seq; seq++) await store.quarantine({ roomId, kind: 'update', seq }, 'test')
  const [record] = (await store.listQuarantined(roomId)).filter(({ kind }) => kind === 'snapshot')
  if (!record) throw new Error('not in quarantine')
  expect(await giveBackSound(store, [record])).toMatchObject([{ seq: snapshot.seq + 1 }])
  const { tail } = await store.load(roomId)
  expect(wordsOf(built(tail.map(({ update }) => update)))).toEqual(wordsOf(doc))
})
