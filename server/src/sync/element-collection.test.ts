import { roomIdSchema } from '@sketchroom/shared/ids'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, elementsOf, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { recordOf } from '../core/documents/clock-ranges.ts'
import { Compaction } from '../core/documents/compaction.ts'
import { keepsSnapshot } from '../core/documents/snapshot-thinning.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import { RawClient } from '../testing/raw-client.ts'
import { startTestServer } from '../testing/test-server.ts'
import { ElementCollection } from './element-collection.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** A room that is left with so many updates gets a snapshot. */
const ENOUGH_UPDATES = 50

const shape = () => valuesOf({ type: 'rectangle', x: 1, y: 2, width: 30, height: 40 })!
const remove = (doc: Y.Doc, id: string) => writeKeys(doc, id, new Map([['isDeleted', true]]))

/** A room that everybody with the link may draw in, on a server whose clock is the test's. */
async function openBoard() {
  const startAt = Date.now()
  let day = 0
  let store: DocumentStore | undefined
  const now = () => startAt + day * DAY_MS
  const ranForMs = () => day * DAY_MS
  const server = await startTestServer({ now, ranForMs, wrapDocumentStore: (inner) => (store = inner) })
  onTestFinished(() => server.remove())
  const { accessToken } = await server.api.guest()
  const { id } = await server.api.createRoom(accessToken, 'link-edit')
  const roomId = roomIdSchema.parse(id)
  const storeOf = store as unknown as DocumentStore
  const come = async (doc = new Y.Doc()) => {
    const guest = await server.api.guest()
    const client = new RawClient(server.syncUrl, roomId, { doc })
    onTestFinished(() => client.terminate())
    client.onStep1 = (stateVector) => client.write(Y.encodeStateAsUpdate(client.doc, stateVector), 'step2')
    await client.join(guest.accessToken)
    await vi.waitFor(() => expect(client.step2Count).toBe(1))
    await vi.waitFor(() => expect(client.answers).toHaveLength(1))
    return client
  }
  /** Draws enough for a snapshot, and leaves. */
  const drawAndLeave = async (client: RawClient, ...changes: Array<(doc: Y.Doc) => void>) => {
    const before = client.answers.length
    const strokes = Array.from({ length: ENOUGH_UPDATES }, (_, n) => (doc: Y.Doc) => {
      createElement(doc, `day-${day}-${n}`, shape())
    })
    for (const change of [...changes, ...strokes]) client.write(client.edit(change))
    await vi.waitFor(() => expect(client.answers).toHaveLength(before + changes.length + strokes.length))
    expect(new Set(client.answers)).toEqual(new Set(['durable']))
    const snapshots = (await storeOf.listSnapshots(roomId)).length
    client.close()
    await vi.waitFor(async () => expect((await storeOf.listSnapshots(roomId)).length).toBe(snapshots + 1))
    await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  }
  return { server, roomId, store: storeOf, now, ranForMs, come, drawAndLeave, toDay: (next: number) => (day = next) }
}

const has = ({ doc }: RawClient, id: string) => elementsOf(doc).has(id)

test('after 30 days what was deleted is gone for everybody, but for what somebody changed, on day 29 from afar', async () => {
  const { store, roomId, now, come, drawAndLeave, toDay } = await openBoard()
  const ids = ['gone', 'changed', 'there']
  await drawAndLeave(
    await come(),
    (doc) => ids.forEach((id) => createElement(doc, id, shape())),
    (doc) => remove(doc, 'gone'),
    (doc) => remove(doc, 'changed'),
  )
  // Somebody's device has all of it, and is away for a month.
  const first = await come()
  const away = first.doc
  first.close()

  toDay(29)
  writeKeys(away, 'changed', new Map([['strokeColor', '#e03131']]))
  const back = await come(away)
  const other = await come()
  expect(findElement(other.doc, 'changed')?.keys.strokeColor).toBe('#e03131')
  expect(has(other, 'gone')).toBe(true)
  other.close()
  await drawAndLeave(back)
  const early = await come()
  expect(has(early, 'gone')).toBe(true)
  early.close()

  toDay(31)
  // Single edits are kept for a day only: what was deleted then is in the snapshot of then.
  const keepSnapshot = (at: number, newerAt: number) => keepsSnapshot(at, newerAt, now())
  const purged = await store.purge({ updatesBefore: now() - DAY_MS, batchesBefore: 0, keepSnapshot })
  expect(purged.updates).toBeGreaterThan(0)
  await drawAndLeave(await come())
  const late = await come()
  expect(['gone', 'changed', 'there'].map((id) => has(late, id))).toEqual([false, true, true])
  // It is gone from the snapshot, and for who has had it.
  const [snapshot] = await store.listSnapshots(roomId)
  const stored = new Y.Doc()
  Y.applyUpdate(stored, (await store.readSnapshot(roomId, snapshot?.seq ?? 0))?.bytes ?? new Uint8Array())
  expect([elementsOf(stored).has('gone'), elementsOf(stored).has('changed')]).toEqual([false, true])
  const again = await come(away)
  expect([has(again, 'gone'), has(again, 'changed')]).toEqual([false, true])
})

test('who has the board open sees it go, and what they change at that moment stays; the journal says who did it', async () => {
  const { server, store, roomId, now, ranForMs, come, drawAndLeave, toDay } = await openBoard()
  const ids = Array.from({ length: 450 }, (_, n) => `e${n}`)
  await drawAndLeave(
    await come(),
    (doc) => doc.transact(() => ids.forEach((id) => createElement(doc, id, shape()))),
    (doc) => doc.transact(() => ids.forEach((id) => remove(doc, id))),
  )
  toDay(31)
  const ada = await come()
  const compaction = new Compaction({ store, reportDamaged: () => undefined, now, ranForMs })
  onTestFinished(() => compaction.close())
  const found = await compaction.findLongDeleted(roomId)
  expect(found?.groups).toHaveLength(ids.length)
  let looked = 0
  const collection = new ElementCollection({
    compaction: {
      findLongDeleted: async () => {
        looked += 1
        const before = ada.answers.length
        ada.write(ada.edit((doc) => writeKeys(doc, 'e7', new Map([['strokeColor', '#e03131']]))))
        await vi.waitFor(() => expect(ada.answers.length).toBeGreaterThan(before))
        return found
      },
    },
    edit: (...args) => server.app.edit(...args),
    log: pino({ level: 'silent' }),
    now,
  })
  const { head } = await store.load(roomId)
  await collection.collect(roomId)
  await vi.waitFor(() => expect(ids.filter((id) => has(ada, id))).toEqual(['e7']))
  const made = (await store.readSince(roomId, head)).filter(({ author }) => author === null)
  // Not in one edit: everybody's editor has to show each of them.
  expect(made).toHaveLength(3)
  // Once a day, and no more.
  toDay(31.5)
  await collection.collect(roomId)
  expect(looked).toBe(1)
  toDay(32)
  await collection.collect(roomId)
  expect(looked).toBe(2)
  // The clock was a year ahead until now.
  toDay(-333)
  await collection.collect(roomId)
  expect(looked).toBe(3)
})

test('what was deleted a moment ago is not collected because a clock was behind when the snapshot was made', async () => {
  const { store, roomId, now, ranForMs, come, drawAndLeave, toDay } = await openBoard()
  const compaction = new Compaction({ store, reportDamaged: () => undefined, now, ranForMs })
  onTestFinished(() => compaction.close())
  await drawAndLeave(await come(), (doc) => createElement(doc, 'there', shape()))
  toDay(-60)
  await drawAndLeave(await come(), (doc) => remove(doc, 'there'))
  toDay(0)
  expect((await store.listSnapshots(roomId)).map(({ at }) => at)).toEqual([now() - 60 * DAY_MS, now()])
  expect(await compaction.findLongDeleted(roomId)).toBeUndefined()
  toDay(31)
  expect((await compaction.findLongDeleted(roomId))?.groups).toEqual([])
})

test('without a sound snapshot of so long ago, or with a record set aside since, nothing is collected', async () => {
  const { store, roomId, now, ranForMs, come, drawAndLeave, toDay } = await openBoard()
  const compaction = new Compaction({ store, reportDamaged: () => undefined, now, ranForMs })
  onTestFinished(() => compaction.close())
  toDay(10)
  await drawAndLeave(
    await come(),
    (doc) => createElement(doc, 'gone', shape()),
    (doc) => remove(doc, 'gone'),
  )
  toDay(39)
  expect(await compaction.findLongDeleted(roomId)).toBeUndefined()
  toDay(41)
  expect((await compaction.findLongDeleted(roomId))?.groups.map(([only]) => only?.id)).toEqual(['gone'])
  const damaged = new Compaction({
    store: new Proxy(store, {
      get: (target, name) =>
        name === 'readSnapshot'
          ? async () => ({ ...(await target.readSnapshot(roomId, 52)), crc: 1 })
          : (target[name as keyof DocumentStore] as () => unknown).bind(target),
    }),
    reportDamaged: () => undefined,
    now,
    ranForMs,
  })
  onTestFinished(() => damaged.close())
  await expect(damaged.findLongDeleted(roomId)).rejects.toThrow('not those that were written')
  // What is set aside may be what somebody has done to it.
  const { head } = await store.load(roomId)
  await store.append({ id: 'lost', rooms: [{ roomId, entries: [recordOf(Uint8Array.of(0, 0), null, now())] }] })
  await store.quarantine({ roomId, kind: 'update', seq: head + 1 }, 'test')
  expect(await compaction.findLongDeleted(roomId)).toBeUndefined()
})
