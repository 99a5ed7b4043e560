import { setImmediate as nextTurn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, writeKeys } from '@sketchroom/shared/scene/document'
import * as fc from 'fast-check'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import type { DocumentStore, RecordId, UpdateRecord } from '../../ports/document-store.ts'
import { aroundStore } from '../../testing/around-store.ts'
import { createEndlessUpdate } from '../../testing/endless-update.ts'
import { stateOf, yjsEdit, YjsHistory } from '../../testing/yjs-history.ts'
import { decodeRanges, encodeRanges, rangesOfDocument, recordOf } from './clock-ranges.ts'
import { Compaction } from './compaction.ts'
import { mergePieces } from './piece-list.ts'
import { storedSizeOfAll } from './snapshot-due.ts'

const roomId = roomIdSchema.parse('room-aaaaaa')
const NOW = 1_800_000_000_000
const DAY_MS = 24 * 60 * 60 * 1000

let store: MemoryDocumentStore
let reports: Array<RecordId & { reason: string }>

beforeEach(() => {
  store = new MemoryDocumentStore()
  reports = []
})

function newCompaction(over: DocumentStore = store, stuckMs?: number): Compaction {
  const reportDamaged = (record: RecordId, reason: string) => reports.push({ ...record, reason })
  const compaction = new Compaction({ store: over, reportDamaged, now: () => NOW, ...(stuckMs && { stuckMs }) })
  onTestFinished(() => compaction.close())
  return compaction
}

const wordRecord = (word: string): UpdateRecord => {
  const document = new Y.Doc()
  document.getMap('words').set(word, true)
  return recordOf(Y.encodeStateAsUpdate(document), null, 1)
}
const NONSENSE = Uint8Array.of(9, 9, 9, 9)
const unreadable: UpdateRecord = { ...wordRecord('lost'), update: NONSENSE, crc: crc32(NONSENSE) }

async function append(...entries: UpdateRecord[]): Promise<void> {
  await store.append({ id: crypto.randomUUID(), rooms: [{ roomId, entries }] })
}

async function loaded(): Promise<Y.Doc> {
  const { snapshot, tail } = await store.load(roomId)
  const document = new Y.Doc()
  if (snapshot) Y.applyUpdate(document, mergePieces(snapshot.bytes))
  for (const { update } of tail) Y.applyUpdate(document, update)
  return document
}

test('a snapshot is the document, whatever was done to it, and says what is in it', async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(yjsEdit, { minLength: 5, maxLength: 30 }), async (edits) => {
      const history = new YjsHistory()
      store = new MemoryDocumentStore()
      const truth = new Y.Doc()
      const compaction = newCompaction()
      for (const edit of edits) {
        const update = history.do(edit)
        if (!update) continue
        Y.applyUpdate(truth, update)
        await append(recordOf(update, null, 1))
        // One in the middle, so that the next builds on a snapshot.
        if (runs % 2 && edit === edits[Math.floor(edits.length / 2)]) await compaction.compact(roomId)
      }
      const snapshot = await compaction.compact(roomId)
      if (snapshot) {
        const document = new Y.Doc()
        Y.applyUpdate(document, snapshot.bytes)
        expect(stateOf(document)).toEqual(stateOf(truth))
        const said = decodeRanges(snapshot.ranges)
        const real = rangesOfDocument(truth)
        for (const part of ['inserted', 'deleted'] as const) {
          expect([said[part].isWithin(real[part]), real[part].isWithin(said[part])]).toEqual([true, true])
        }
        expect([snapshot.crc, snapshot.at, snapshot.label]).toEqual([crc32(snapshot.bytes), NOW, null])
      }
      expect(stateOf(await loaded())).toEqual(stateOf(truth))
      expect((await store.load(roomId)).tail).toEqual([])
      await compaction.close()
      runs += 1
    }),
    { numRuns: 10 },
  )
  expect(runs).toBe(10)
}, 30_000)

test('with nothing new, there is no new snapshot', async () => {
  const compaction = newCompaction()
  expect(await compaction.compact(roomId)).toBeUndefined()
  await append(wordRecord('one'))
  expect((await compaction.compact(roomId))?.seq).toBe(1)
  expect(await compaction.compact(roomId)).toBeUndefined()
  await append(wordRecord('two'))
  expect((await compaction.compact(roomId))?.seq).toBe(2)
  expect(await store.listSnapshots(roomId)).toMatchObject([{ seq: 2 }, { seq: 1 }])
})

test('records that Yjs does not take are set aside and told of, and the snapshot holds the rest', async () => {
  await append(wordRecord('one'), unreadable, wordRecord('two'), unreadable)
  let settingAside = 0
  const duringLoads: number[] = []
  const slow = aroundStore(store, async (call, work) => {
    if (call === 'load') duringLoads.push(settingAside)
    if (call !== 'quarantine') return await work()
    settingAside += 1
    await nextTurn()
    const answer = await work()
    settingAside -= 1
    return answer
  })
  const snapshot = await newCompaction(slow).compact(roomId)
  expect(snapshot?.seq).toBe(4)
  // Read while a record is still there, the room would be found damaged, and that told, once more.
  expect(duringLoads).toEqual([0, 0, 0])
  expect([...(await loaded()).getMap('words').keys()].sort()).toEqual(['one', 'two'])
  expect(reports).toMatchObject([2, 4].map((seq) => ({ roomId, kind: 'update', seq })))
  expect(reports[0]?.reason).not.toBe('')
  expect(await store.listQuarantined(roomId)).toMatchObject([{ seq: 2 }, { seq: 4 }])
})

test('a record that gets Yjs nowhere is set aside, and keeps the threads from nobody', async () => {
  const endless = createEndlessUpdate()
  await append(wordRecord('one'), { ...wordRecord(''), update: endless, crc: crc32(endless) }, wordRecord('two'))
  const compaction = newCompaction(store, 500)
  const cuts = Promise.allSettled([compaction.cut([endless]), compaction.cut([endless])])
  expect((await compaction.compact(roomId))?.seq).toBe(3)
  expect([...(await loaded()).getMap('words').keys()].sort()).toEqual(['one', 'two'])
  expect(reports).toMatchObject([{ kind: 'update', seq: 2, reason: 'it was applied without end' }])
  expect((await cuts).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('a snapshot that Yjs does not take is set aside, and the next is built from what was before it', async () => {
  await append(wordRecord('one'))
  await store.addSnapshot(roomId, {
    seq: 1,
    bytes: NONSENSE,
    ranges: encodeRanges(rangesOfDocument(new Y.Doc())),
    crc: crc32(NONSENSE),
    at: 1,
    label: null,
  })
  await append(wordRecord('two'))
  expect((await newCompaction().compact(roomId))?.seq).toBe(2)
  expect([...(await loaded()).getMap('words').keys()].sort()).toEqual(['one', 'two'])
  expect(reports).toMatchObject([{ kind: 'snapshot', seq: 1 }])
})

test('such a snapshot is found also when nothing came after it', async () => {
  await append(wordRecord('one'))
  await store.addSnapshot(roomId, {
    seq: 1,
    bytes: NONSENSE,
    ranges: encodeRanges(rangesOfDocument(new Y.Doc())),
    crc: crc32(NONSENSE),
    at: 1,
    label: null,
  })
  await newCompaction().compact(roomId)
  expect(reports).toMatchObject([{ kind: 'snapshot', seq: 1 }])
  expect([...(await loaded()).getMap('words').keys()]).toEqual(['one'])
})

test('a record whose bytes were changed on the disk gets into no snapshot, though Yjs would take it', async () => {
  const [one, other] = [wordRecord('one'), wordRecord('two')]
  await append(one, { ...wordRecord('gone'), update: other.update })
  await newCompaction().compact(roomId)
  expect([...(await loaded()).getMap('words').keys()]).toEqual(['one'])
  expect(reports).toMatchObject([{ kind: 'update', seq: 2 }])
})

test('a room of which nothing can be read gets no snapshot', async () => {
  await append(unreadable)
  expect(await newCompaction().compact(roomId)).toBeUndefined()
  expect(await store.listSnapshots(roomId)).toEqual([])
})

test('two at once, in this process and another, do no harm', async () => {
  await append(wordRecord('one'), wordRecord('two'))
  let loadsHere = 0
  const counting = aroundStore(store, async (call, work) => {
    if (call === 'load') loadsHere += 1
    return await work()
  })
  const [here, there] = [newCompaction(counting), newCompaction()]
  const made = await Promise.all([here.compact(roomId), here.compact(roomId), there.compact(roomId)])
  expect(made[0]).toBe(made[1])
  expect(loadsHere).toBe(1)
  // Only the one that is stored has made it.
  expect([made[0], made[2]].filter((snapshot) => snapshot !== undefined)).toMatchObject([{ seq: 2 }])
  expect(await store.listSnapshots(roomId)).toHaveLength(1)
  expect([...(await loaded()).getMap('words').keys()].sort()).toEqual(['one', 'two'])
})

test('what is written while it works is after the snapshot', async () => {
  await append(wordRecord('one'))
  const writing = aroundStore(store, async (call, work) => {
    if (call === 'addSnapshot') await append(wordRecord('two'))
    return await work()
  })
  expect((await newCompaction(writing).compact(roomId))?.seq).toBe(1)
  const { tail, head } = await store.load(roomId)
  expect([tail.map(({ seq }) => seq), head]).toEqual([[2], 2])
})

test('a store that fails leaves everything as it was, and the next try works', async () => {
  await append(wordRecord('one'))
  let broken = true
  const failing = aroundStore(store, async (call, work) => {
    if (broken && call === 'addSnapshot') throw new Error('disk full')
    return await work()
  })
  const compaction = newCompaction(failing)
  await expect(compaction.compact(roomId)).rejects.toThrow('disk full')
  expect((await store.load(roomId)).tail).toHaveLength(1)
  broken = false
  expect((await compaction.compact(roomId))?.seq).toBe(1)
})

test('nobody can have more than ten times what they write stored in snapshots, however often they leave', async () => {
  const document = new Y.Doc()
  let entries: UpdateRecord[] = []
  document.on('update', (update: Uint8Array) => entries.push(recordOf(update, 'eve', NOW)))
  const compaction = newCompaction()
  let written = 0
  const leave = async () => {
    written += storedSizeOfAll(entries)
    await append(...entries)
    entries = []
    await compaction.compact(roomId)
  }
  document.getMap('words').set('large', 'x'.repeat(500_000))
  await leave()
  for (let visit = 0; visit < 60; visit++) {
    for (let n = 0; n < 50; n++) document.getMap('words').set('small', visit * 50 + n)
    await leave()
  }
  const snapshots = await store.listSnapshots(roomId)
  const sizes = await Promise.all(
    snapshots.map(async ({ seq }) => (await store.readSnapshot(roomId, seq))?.bytes.length ?? 0),
  )
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10 * written)
  // But they are made: whoever opens the room reads little more than what it is.
  expect(snapshots.length).toBeGreaterThan(3)
  expect(storedSizeOfAll((await store.load(roomId)).tail) * 8).toBeLessThan(600_000)
  expect((await loaded()).getMap('words').get('small')).toBe(60 * 50 - 1)
})

test('a snapshot is not dated before what is in it, though the clock has been set back', async () => {
  await append({ ...wordRecord('one'), at: NOW + 5_000 }, wordRecord('two'))
  expect((await newCompaction().compact(roomId))?.at).toBe(NOW + 5_000)
})

test('what a process deleted a minute ago is not of long ago because its clock was set in the meantime', async () => {
  const document = new Y.Doc()
  createElement(document, 'gone', valuesOf({ type: 'rectangle', x: 1, y: 2, width: 30, height: 40 })!)
  writeKeys(document, 'gone', new Map([['isDeleted', true]]))
  let [now, ranForMs] = [NOW - 60 * DAY_MS, 0]
  await append(recordOf(Y.encodeStateAsUpdate(document), 'ada', now))
  const parts = { store, reportDamaged: () => undefined, now: () => now, ranForMs: () => ranForMs }
  const compaction = new Compaction(parts)
  onTestFinished(() => compaction.close())
  await compaction.compact(roomId)
  ;[now, ranForMs] = [NOW, 60_000]
  expect(await compaction.findLongDeleted(roomId)).toBeUndefined()
  ranForMs = 30 * DAY_MS
  expect((await compaction.findLongDeleted(roomId))?.groups).toHaveLength(1)
})

test('a room that somebody waits for does not wait for others, and nothing begins after the end', async () => {
  const [slow, other] = [roomIdSchema.parse('room-slow-one'), roomIdSchema.parse('room-other-one')]
  for (const each of [roomId, slow, other]) {
    await store.append({ id: each, rooms: [{ roomId: each, entries: [wordRecord('word')] }] })
  }
  const answer = Promise.withResolvers<void>()
  let loads = 0
  const compaction = newCompaction(
    aroundStore(store, async (call, work, [id]) => {
      if (call === 'load') loads += 1
      if (call === 'load' && id === slow) await answer.promise
      return await work()
    }),
  )
  const work = [compaction.compact(slow), compaction.compact(other)]
  expect((await compaction.compact(roomId, { urgent: true }))?.seq).toBe(1)
  await compaction.close()
  answer.resolve()
  expect((await Promise.allSettled(work)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(loads).toBe(2)
})

test('of many rooms that are left at once, one is held in memory at a time, and who draws waits for none', async () => {
  const rooms = Array.from({ length: 8 }, (_, n) => roomIdSchema.parse(`room-number-${n}`))
  for (const each of rooms) await store.append({ id: each, rooms: [{ roomId: each, entries: [wordRecord('word')] }] })
  let [held, mostHeld] = [0, 0]
  const blocked = Promise.withResolvers<void>()
  const compaction = newCompaction(
    aroundStore(store, async (call, work) => {
      if (call === 'load') held += 1
      mostHeld = Math.max(mostHeld, held)
      if (call === 'addSnapshot') await blocked.promise
      const result = await work()
      if (call === 'addSnapshot') held -= 1
      return result
    }),
  )
  const work = rooms.map((each) => compaction.compact(each))
  const { pieces } = await compaction.cut([wordRecord('drawn').update])
  expect(pieces).toHaveLength(1)
  blocked.resolve()
  expect((await Promise.all(work)).map((snapshot) => snapshot?.seq)).toEqual(rooms.map(() => 1))
  expect(mostHeld).toBe(1)
})
