import { crc32 } from 'node:zlib'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { UpdateRecord } from '../../ports/document-store.ts'
import { createSqliteDatabase } from '../../testing/test-database.ts'
import { compareRooms } from './compare-rooms.ts'

const roomId = roomIdSchema.parse('room-of-the-tests')

function edit(word: string): UpdateRecord {
  const doc = new Y.Doc()
  doc.getMap('words').set(word, true)
  const update = Y.encodeStateAsUpdate(doc)
  return { update, author: 'ada', at: 1, ranges: new Uint8Array(), crc: crc32(update) }
}
const [one, two] = [edit('one'), edit('two')]
const snapshot = { seq: 1, bytes: one.update, ranges: one.ranges, crc: one.crc, at: 1, label: null }

/** Compares a room in two databases that were written in two ways. */
async function compareWritten(
  first: readonly UpdateRecord[],
  second: readonly UpdateRecord[],
  more: { snapshotInBoth?: boolean; snapshotInOne?: boolean; setAside?: number } = {},
) {
  const sides = [await (await createSqliteDatabase()).open(), await (await createSqliteDatabase()).open()] as const
  const [a, b] = sides.map(({ documentStore }) => documentStore) as [
    (typeof sides)[0]['documentStore'],
    (typeof sides)[0]['documentStore'],
  ]
  await a.append({ id: 'a', rooms: [{ roomId, entries: first }] })
  await b.append({ id: 'b', rooms: [{ roomId, entries: second }] })
  if (more.snapshotInBoth) await a.addSnapshot(roomId, snapshot)
  if (more.snapshotInBoth || more.snapshotInOne) await b.addSnapshot(roomId, snapshot)
  if (more.setAside) await b.quarantine({ roomId, kind: 'update', seq: more.setAside }, 'odd')
  return await compareRooms(sides[0].main.db, [a, b])
}

test('rooms with the same records are the same', async () => {
  expect(await compareWritten([one, two], [one, two], { snapshotInBoth: true })).toEqual({
    same: 1,
    differences: [],
    damages: [],
  })
})

test.each([
  ['a missing update', [one, two], [one], {}, 'update 2 is the last in the one, 1 in the other'],
  ['another update', [one], [two], {}, 'update 1 is not the same'],
  ['another author', [one], [{ ...one, author: 'bob' }], {}, 'update 1 is not the same'],
  ['a snapshot more', [one, two], [one, two], { snapshotInOne: true }, 'the snapshots are not the same'],
  ['a record set aside', [one, two], [one, two], { setAside: 2 }, '2 updates in the one, 1 in the other'],
  ['a damaged record', [one], [{ ...one, crc: 1 }], {}, 'sound in the one, the bytes up to update 1 are not those'],
] as const)('%s is told', async (_what, first, second, more, told) => {
  const { same, differences } = await compareWritten(first, second, more)
  expect([same, differences]).toEqual([0, [expect.stringContaining(`room ${roomId}: ${told}`)]])
})
