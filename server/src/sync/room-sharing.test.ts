import { roomIdSchema } from '@sketchroom/shared/ids'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createLoneInstance } from '../adapters/memory/lone-instance.ts'
import { MemoryDocumentStore } from '../adapters/memory/memory-document-store.ts'
import { ClockRanges, encodeRanges } from '../core/documents/clock-ranges.ts'
import { Journal } from '../core/documents/journal.ts'
import { ClientOwners } from '../core/gate/client-owners.ts'
import type { HostedRoom } from './hosted-room.ts'
import { RoomSharing } from './room-sharing.ts'

const roomId = roomIdSchema.parse('a-room-of-ten')

test('whose a client is, which two instances took for different people’s, is asked of the store, also for what is read from there', async () => {
  const store = new MemoryDocumentStore()
  const entry = { update: new Uint8Array(3), author: 'bob', at: 1, ranges: rangesOf(7), crc: 1 }
  await store.append({ id: 'there', rooms: [{ roomId, entries: [{ ...entry, claims: new Map([[7, 'bob']]) }] }] })
  const sharing = new RoomSharing({
    store,
    journal: new Journal(store),
    bus: createLoneInstance(),
    hasOthers: false,
    log: pino({ level: 'silent' }),
    find: () => undefined,
    all: () => [],
  })
  onTestFinished(() => sharing.close())
  // Here, somebody had brought what Bob drew, and was taken for who drew it.
  const room = { id: roomId, content: { owners: new ClientOwners([[7, 'ada']]) } } as HostedRoom
  expect(await sharing.ownersOf(room, await store.readSince(roomId, 0))).toEqual(new Map([[7, 'bob']]))
})

function rangesOf(client: number): Uint8Array {
  const inserted = new ClockRanges()
  inserted.add(client, 0, 2)
  return encodeRanges({ inserted, deleted: new ClockRanges() })
}
