import { crc32 } from 'node:zlib'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import type { RecordId } from '../../ports/document-store.ts'
import { recordOf } from './clock-ranges.ts'
import { giveBackSound, tryQuarantined } from './quarantine.ts'

const roomId = roomIdSchema.parse('room-of-tests')
const AT = 1_700_000_000_000
const update = (seq: number): RecordId => ({ roomId, kind: 'update', seq })

let store: MemoryDocumentStore
let ada: Y.Doc
beforeEach(() => {
  store = new MemoryDocumentStore()
  ada = new Y.Doc()
})

/** The update of one edit. */
function edit(doc: Y.Doc, change: (words: Y.Map<unknown>) => void): Uint8Array {
  const before = Y.encodeStateVector(doc)
  change(doc.getMap('words'))
  return Y.encodeStateAsUpdate(doc, before)
}
const word = (doc: Y.Doc, key: string) => edit(doc, (words) => words.set(key, true))

async function append(...updates: Uint8Array[]): Promise<void> {
  const entries = updates.map((bytes) => recordOf(bytes, 'ada', AT))
  await store.append({ id: nanoid(), rooms: [{ roomId, entries }] })
}

/** Appends bytes that are no update, as if they had been written like this. */
async function appendRubbish(): Promise<void> {
  const bytes = Uint8Array.of(1, 2, 3)
  const entry = { update: bytes, author: null, at: AT, ranges: new Uint8Array(), crc: crc32(bytes) }
  await store.append({ id: nanoid(), rooms: [{ roomId, entries: [entry] }] })
}

async function quarantine(...records: RecordId[]) {
  for (const record of records) await store.quarantine(record, 'does not decode')
  return await store.listQuarantined(roomId)
}

async function wordsInStore(): Promise<string[]> {
  const doc = new Y.Doc()
  const { snapshot, tail } = await store.load(roomId)
  if (snapshot) Y.applyUpdate(doc, snapshot.bytes)
  for (const each of tail) Y.applyUpdate(doc, each.update)
  return [...doc.getMap('words').keys()].sort()
}

test('a sound update is given back as the room’s next one, as its author’s and of its time', async () => {
  await append(word(ada, 'one'), word(new Y.Doc(), 'two'))
  const [record] = await quarantine(update(2))
  expect(await tryQuarantined(store, record!)).toMatchObject({ isSound: true, isNews: true })
  expect(await wordsInStore()).toEqual(['one'])
  expect(await giveBackSound(store, [record!])).toEqual([{ record, seq: 3 }])
  expect(await wordsInStore()).toEqual(['one', 'two'])
  expect(await store.readSince(roomId, 2)).toMatchObject([{ seq: 3, author: 'ada', at: AT, crc: record!.crc }])
  expect(await store.listQuarantined()).toEqual([])
})

test('a sound snapshot is given back, too; the room may have all of it already', async () => {
  await append(word(ada, 'one'))
  const { update: bytes, ranges, crc } = recordOf(Y.encodeStateAsUpdate(ada), null, AT)
  await store.addSnapshot(roomId, { seq: 1, bytes, ranges, crc, at: AT, label: null })
  const [record] = await quarantine({ roomId, kind: 'snapshot', seq: 1 })
  expect(await tryQuarantined(store, record!)).toMatchObject({ isSound: true, isNews: false })
  expect(await giveBackSound(store, [record!])).toEqual([{ record, seq: 2 }])
  expect(await wordsInStore()).toEqual(['one'])
})

test('bytes that are not those that were written are refused, although they decode', async () => {
  const changed = word(ada, 'one')
  const entry = { ...recordOf(changed, 'ada', AT), crc: 7 }
  await store.append({ id: nanoid(), rooms: [{ roomId, entries: [entry] }] })
  const records = await quarantine(update(1))
  const reason = 'its bytes are not those that were written'
  expect(await giveBackSound(store, records)).toEqual([{ record: records[0], reason }])
  expect(await store.listQuarantined()).toEqual(records)
})

test('what does not decode is refused with words, and stays where it is', async () => {
  await append(word(ada, 'one'))
  await appendRubbish()
  const records = await quarantine(update(2))
  expect(await giveBackSound(store, records)).toMatchObject([
    { reason: expect.stringMatching(/^it cannot be applied: /) },
  ])
  expect(await store.listQuarantined()).toEqual(records)
})

test('an update that builds on what is missing is refused; with what it builds on, both are given back', async () => {
  await append(word(ada, 'one'), word(ada, 'two'), word(ada, 'three'))
  const [second, third] = await quarantine(update(2), update(3))
  expect(await giveBackSound(store, [third!])).toEqual([
    { record: third, reason: 'it builds on edits that the room does not have' },
  ])
  const result = await giveBackSound(store, [third!, second!])
  expect(result.map(({ record }) => record.seq)).toEqual([2, 3])
  expect(await wordsInStore()).toEqual(['one', 'three', 'two'])
})

test('of records whose numbers stand against their order, each is given back in its turn', async () => {
  const [first, second] = [word(ada, 'one'), word(ada, 'two')]
  await append(second, first)
  const records = await quarantine(update(1), update(2))
  expect((await giveBackSound(store, records)).map(({ record }) => record.seq)).toEqual([2, 1])
  expect(await wordsInStore()).toEqual(['one', 'two'])
})

test('a deletion of what is missing is refused', async () => {
  const one = word(ada, 'one')
  const deletion = edit(ada, (words) => words.delete('one'))
  await append(one, deletion)
  const records = await quarantine(update(1), update(2))
  expect(await giveBackSound(store, records.slice(1))).toMatchObject([{ reason: expect.stringMatching(/builds on/) }])
})

test('what somebody else gave back meanwhile is not given back twice', async () => {
  await append(word(ada, 'one'))
  const records = await quarantine(update(1))
  await giveBackSound(store, records)
  expect(await giveBackSound(store, records)).toEqual([{ record: records[0], reason: 'it is no longer in quarantine' }])
  expect((await store.load(roomId)).head).toBe(2)
})

test('while the rest of the room cannot be read, nothing is given back', async () => {
  await append(word(ada, 'one'))
  await appendRubbish()
  const records = await quarantine(update(1))
  const reason = expect.stringMatching(/^the rest of the room cannot be read: /)
  expect(await giveBackSound(store, records)).toMatchObject([{ reason }])
})
