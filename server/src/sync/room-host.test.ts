import { crc32 } from 'node:zlib'
import type { Document } from '@hocuspocus/server'
import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { createLoneInstance } from '../adapters/memory/lone-instance.ts'
import { MemoryDocumentStore } from '../adapters/memory/memory-document-store.ts'
import { recordOf } from '../core/documents/clock-ranges.ts'
import { DEFAULT_BOARD_LIMITS } from '../core/gate/board-size.ts'
import { parseConfig } from '../config.ts'
import { Compaction } from '../core/documents/compaction.ts'
import { Journal } from '../core/documents/journal.ts'
import { EventBus } from '../core/events.ts'
import { AccessEpochs } from '../core/rooms/access-epochs.ts'
import type { Admission, Admitted } from '../core/rooms/admission.ts'
import { SketchRoomError } from '../errors.ts'
import type { DocumentStore, RecordId } from '../ports/document-store.ts'
import type { InstanceBus } from '../ports/instance-bus.ts'
import { createEndlessUpdate } from '../testing/endless-update.ts'
import { drawLarge, joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer } from '../testing/test-server.ts'
import { SyncEvents } from './sync-events.ts'
import { RoomHost, type JoiningSocket } from './room-host.ts'

const roomId = roomIdSchema.parse('room-aaaaaa')

/** Rooms over a store in memory, which answers at once; nobody joins, they are edited by the server. */
function startHost(
  admit: Admission['admit'] = () => Promise.reject(new Error('nobody joins')),
  { stuckMs, bus = createLoneInstance() }: { stuckMs?: number; bus?: InstanceBus } = {},
) {
  const store = new MemoryDocumentStore()
  const journal = new Journal(store, { pace: { commitEveryMs: 0, busyCommitEveryMs: 0 } })
  const setAside: RecordId[] = []
  const reportDamaged = (record: RecordId) => setAside.push(record)
  const compaction = new Compaction({ store, reportDamaged, ...(stuckMs && { stuckMs }) })
  const nobody = () => Promise.reject(new Error('nobody is in'))
  const admission: Admission = { admit, recheck: nobody }
  const host = new RoomHost({
    boardLimits: DEFAULT_BOARD_LIMITS,
    loadedBytes: 1e9,
    admission,
    epochs: new AccessEpochs(new EventBus()),
    store,
    journal,
    bus,
    hasOthers: false,
    compaction,
    reportDamaged,
    events: new SyncEvents(),
    limits: parseConfig({}).clientLimits,
    log: pino({ level: 'silent' }),
    now: Date.now,
  })
  onTestFinished(async () => {
    await host.close()
    await compaction.close()
  })
  const storedWords = async () => {
    const { snapshot, tail } = await store.load(roomId)
    const doc = new Y.Doc()
    if (snapshot) Y.applyUpdate(doc, snapshot.bytes)
    for (const { update } of tail) Y.applyUpdate(doc, update)
    return wordsOf({ doc })
  }
  return { store, journal, host, setAside, storedWords }
}

/** An update of its own, as a record. */
function wordRecord(word: string) {
  const doc = new Y.Doc()
  setWord(word)(doc)
  return recordOf(Y.encodeStateAsUpdate(doc), null, 1)
}

const user = { id: userIdSchema.parse('ada'), name: 'Ada', color: '#123456' }
const actor = {
  kind: 'user',
  userId: user.id,
  sessionId: sessionIdSchema.parse('session-001'),
  expiresAt: Infinity,
} as const
const admitted: Admitted = { actor, role: 'editor', user, isMember: true, epoch: 0 }

/** A socket that takes what it is sent, and says nothing. */
function idleSocket(): JoiningSocket {
  const nothing = () => undefined
  return {
    isOpen: true,
    isCalledByLoop: false,
    readyState: WebSocket.OPEN,
    clientAddress: '',
    approach: { origin: undefined, host: '', tokenInUrl: false },
    log: pino({ level: 'silent' }),
    sendPieces: nothing,
    send: nothing,
    sendUpdate: nothing,
    close: nothing,
    closeIfUnused: nothing,
    pause: nothing,
    resume: nothing,
    waits: nothing,
    leaveGap: nothing,
    left: nothing,
  }
}

/** How many timers run: each document has one of its own, until it is destroyed. */
const clocks = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

test('an edit of the server’s resolves with its number once it is durable, and says who made it', async () => {
  const { store, host, storedWords } = startHost()
  expect(await host.edit(roomId, 'ada', setWord('one'))).toBe(1)
  expect(await host.edit(roomId, null, setWord('two'))).toBe(2)
  expect(await storedWords()).toEqual(['one', 'two'])
  expect((await store.load(roomId)).tail.map(({ author }) => author)).toEqual(['ada', null])
  // Nothing changes, so nothing is written: all that there is is durable up to the last.
  expect(await host.edit(roomId, 'ada', () => undefined)).toBe(2)
})

test('an edit of the server’s in a room with a record that hangs waits for the rest, and holds up nobody', async () => {
  const { store, host, setAside, storedWords } = startHost(undefined, { stuckMs: 500 })
  const endless = createEndlessUpdate()
  const entries = [wordRecord('one'), { ...wordRecord(''), update: endless, crc: crc32(endless) }, wordRecord('two')]
  await store.append({ id: 'a', rooms: [{ roomId, entries }] })
  const edits = [host.edit(roomId, 'ada', setWord('three')), host.edit(roomId, 'bob', setWord('four'))]
  expect((await Promise.all(edits)).toSorted()).toEqual([4, 5])
  expect(await storedWords()).toEqual(['four', 'one', 'three', 'two'])
  expect(setAside).toMatchObject([{ kind: 'update', seq: 2 }])
})

test('once all is durable and nobody is there, a room leaves memory, with no clock to wait for', async () => {
  const { host } = startHost()
  const stored = vi.spyOn(host.hocuspocus, 'storeDocumentHooks')
  const changed = vi.spyOn(host.hocuspocus, 'hooks')
  for (let n = 0; n < 10; n++) await host.edit(roomId, null, setWord(`w${n}`))
  await vi.waitFor(() => expect(host.size).toBe(0), { timeout: 1_000 })
  expect(stored).not.toHaveBeenCalled()
  expect(changed.mock.calls.map(([name]) => name)).not.toContain('onChange')
})

test('an edit that meets a room on its way out of memory is not lost, at whichever moment it comes', async () => {
  const { host, storedWords } = startHost()
  const words: string[] = []
  for (let ticks = 0; ticks < 80; ticks++) {
    // This one changes nothing, so that the room is loaded, left and unloaded in microtasks: one of these in each.
    const other = host.edit(roomId, null, () => undefined)
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    words.push(`${ticks}`)
    await Promise.all([other, host.edit(roomId, null, setWord(`${ticks}`))])
    expect(await storedWords()).toEqual([...words].sort())
    await vi.waitFor(() => expect(host.size).toBe(0), { interval: 1 })
  }
})

test('a room is due for a snapshot by what is stored, however often it was encoded anew for who came', async () => {
  let store: DocumentStore | undefined
  const server = await startTestServer({ wrapDocumentStore: (inner) => (store = inner) })
  onTestFinished(() => server.remove())
  const room = await openRoom(server)
  const ada = await joinRoom(server, room.roomId, room.ownerToken)
  for (let n = 0; n < 70; n++) ada.write(ada.edit(setWord(`w${n}`)))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(70))
  const ed = await joinRoom(server, room.roomId, room.editorToken)
  await vi.waitFor(() => expect(wordsOf(ed)).toHaveLength(70))
  for (const client of [ada, ed]) client.terminate()
  // So many updates are worth one when everybody has left.
  const snapshots = async () => await store?.listSnapshots(roomIdSchema.parse(room.roomId))
  await vi.waitFor(async () => expect(await snapshots()).toMatchObject([{ seq: 70 }]))
})

test('nobody can have a large board stored and read anew by leaving it after a few tiny edits, over and over', async () => {
  const { store, host } = startHost()
  const load = vi.spyOn(store, 'load')
  await host.edit(roomId, null, drawLarge(100_000))
  for (let n = 0; n < 49; n++) await host.edit(roomId, null, setWord(`w${n}`))
  await vi.waitFor(async () => expect(await store.listSnapshots(roomId)).toMatchObject([{ seq: 50 }]))
  await vi.waitFor(() => expect(host.size).toBe(0))
  load.mockClear()
  for (let n = 0; n < 60; n++) await host.edit(roomId, null, setWord(`v${n}`))
  await vi.waitFor(() => expect(host.size).toBe(0))
  // Only those who came have read it.
  expect(load.mock.calls.length).toBeLessThanOrEqual(60)
  expect(await store.listSnapshots(roomId)).toHaveLength(1)
})

test('an edit of a room whose records do not come together fails, and the next finds it repaired', async () => {
  const { store, host, setAside, storedWords } = startHost()
  const bytes = Uint8Array.of(9, 9, 9, 9)
  const unreadable = { ...wordRecord('lost'), update: bytes, crc: crc32(bytes) }
  await store.append({ id: 'batch', rooms: [{ roomId, entries: [wordRecord('before'), unreadable] }] })
  await expect(host.edit(roomId, null, setWord('first'))).rejects.toThrow('do not come together')
  await host.edit(roomId, null, setWord('second'))
  expect(setAside).toEqual([{ roomId, kind: 'update', seq: 2 }])
  expect(await storedWords()).toEqual(['before', 'second'])
})

test('rooms that are dropped leave nothing behind', async () => {
  const { store, host } = startHost()
  const bytes = Uint8Array.of(9, 9, 9, 9)
  const unreadable = { ...wordRecord('lost'), update: bytes, crc: crc32(bytes) }
  const ids = Array.from({ length: 20 }, (_, n) => roomIdSchema.parse(`room-number-${n}`))
  await store.append({ id: 'batch', rooms: ids.map((id) => ({ roomId: id, entries: [unreadable] })) })
  const before = clocks()
  for (const id of ids) await expect(host.edit(id, null, setWord('word'))).rejects.toThrow('do not come together')
  await vi.waitFor(() => expect(host.size).toBe(0))
  // Their records are still looked through for a moment.
  await vi.waitFor(() => expect(clocks()).toBeLessThan(before + 10))
})

test('a room that cannot be read is not opened, leaves nothing behind, and opens once it can be read', async () => {
  const { store, host } = startHost()
  await host.edit(roomId, null, setWord('stored'))
  await vi.waitFor(() => expect(host.size).toBe(0))
  const load = store.load.bind(store)
  const before = clocks()
  store.load = () => Promise.reject(new Error('the disk is gone'))
  for (let n = 0; n < 20; n++) {
    await expect(host.edit(roomId, null, setWord('refused'))).rejects.toMatchObject({ code: 'store_unavailable' })
  }
  expect(host.size).toBe(0)
  expect(clocks()).toBeLessThan(before + 10)
  store.load = load
  const seen: string[] = []
  await host.edit(roomId, null, (doc) => seen.push(...wordsOf({ doc })))
  expect(seen).toEqual(['stored'])
})

test('a crowd is asked about and begins one after the other, with a turn for everybody else between', async () => {
  let turn = 0
  const [admittedAt, begunAt]: [number[], number[]] = [[], []]
  const { host } = startHost(async () => {
    admittedAt.push(turn)
    return admitted
  })
  const count = () => {
    turn += 1
    if (begunAt.length < 20) setImmediate(count)
  }
  setImmediate(count)
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => {
      const onBegin = () => void begunAt.push(turn)
      return host.join({
        socket: idleSocket(),
        address: `${roomId}\0${n}`,
        roomId,
        token: '',
        onAdmitted: () => undefined,
        onBegin,
      })
    }),
  )
  expect([new Set(admittedAt).size, new Set(begunAt).size]).toEqual([20, 20])
  for (const session of host.sessions()) session.leave('internal')
})

test('news that cannot be told are no fault of the edit that they are told with: it is kept, and the room is loaded anew', async () => {
  const { host, storedWords } = startHost()
  const edit = host.edit(roomId, 'ada', (doc) => {
    ;(doc as Document).flush = () => {
      throw new RangeError('Maximum call stack size exceeded')
    }
    setWord('kept')(doc)
    // So much that it goes out in the middle of the edit.
    drawLarge(5_000)(doc)
  })
  expect(await edit).toBe(1)
  await vi.waitFor(() => expect(host.size).toBe(0))
  await host.edit(roomId, 'ada', setWord('next'))
  expect(await storedWords()).toEqual(['kept', 'large-0', 'next'])
})

test('who has gone while others were let in is not asked about', async () => {
  let asked = 0
  const { host } = startHost(() => {
    asked += 1
    return Promise.reject(new SketchRoomError('not_found', 'There is no such room.'))
  })
  const join = async (socket: JoiningSocket) => {
    await host.join({
      socket,
      address: roomId,
      roomId,
      token: '',
      onAdmitted: () => undefined,
      onBegin: () => undefined,
    })
  }
  await Promise.allSettled([join({ ...idleSocket(), isOpen: false }), join(idleSocket())])
  expect(asked).toBe(1)
})

test('a board on which there is no place, as another instance says, does not stay in memory', async () => {
  const stays = Array.from({ length: 1_000 }, () => admitted)
  const bus = { ...createLoneInstance(), staysElsewhere: async () => new Map([[roomId, stays]]) }
  const { host } = startHost(async () => admitted, { bus })
  const joining = { socket: idleSocket(), address: roomId, roomId, token: '' }
  const nothing = () => undefined
  await expect(host.join({ ...joining, onAdmitted: nothing, onBegin: nothing })).rejects.toMatchObject({
    code: 'too_many_connections',
  })
  await vi.waitFor(() => expect(host.size).toBe(0))
})

test('what is closed has let every room go that nobody is in', async () => {
  const { host } = startHost()
  await host.edit(roomId, 'ada', setWord('last'))
  // It is on its way out of memory.
  expect(host.size).toBe(1)
  await host.close()
  expect(host.size).toBe(0)
})
