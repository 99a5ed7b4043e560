import { roomIdSchema, userIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { expect, test } from 'vitest'
import {
  JournalHoleError,
  type DocumentStore,
  type PurgeLimits,
  type Snapshot,
  type UpdateRecord,
} from './document-store.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const newRoom = () => roomIdSchema.parse(nanoid())
const entry = (text: string, more: Partial<UpdateRecord> = {}): UpdateRecord => ({
  update: bytesOf(text),
  author: 'ada',
  at: 1,
  ranges: bytesOf(`ranges of ${text}`),
  crc: 4_000_000_001,
  ...more,
})
const snapshot = (seq: number, more: Partial<Snapshot> = {}): Snapshot => ({
  seq,
  bytes: bytesOf(`snapshot ${seq}`),
  ranges: bytesOf(`ranges to ${seq}`),
  crc: 4_000_000_002,
  at: seq,
  label: null,
  ...more,
})
const NOTHING: PurgeLimits = { updatesBefore: 0, batchesBefore: 0, keepSnapshot: () => true }

/** The rules of `DocumentStore`; every implementation runs them from its own test file. */
export function testDocumentStore(getStore: () => DocumentStore): void {
  const append = (roomId: RoomId, ...texts: string[]) =>
    getStore().append({ id: nanoid(), rooms: [{ roomId, entries: texts.map((text) => entry(text)) }] })
  const tailOf = async (roomId: RoomId) => (await getStore().load(roomId)).tail.map(({ update }) => textOf(update))

  test('[DS1] an append to several rooms answers with the first number of each', async () => {
    const [a, b, silent] = [newRoom(), newRoom(), newRoom()]
    const first = await getStore().append({
      id: nanoid(),
      rooms: [
        { roomId: b, entries: [entry('b1')] },
        { roomId: a, entries: [entry('a1'), entry('a2')] },
      ],
    })
    expect([first.get(a), first.get(b)]).toEqual([1, 1])
    const second = await getStore().append({
      id: nanoid(),
      rooms: [
        { roomId: a, entries: [entry('a3')] },
        { roomId: silent, entries: [] },
      ],
    })
    expect([second.get(a), second.get(silent)]).toEqual([3, undefined])
    expect(await tailOf(a)).toEqual(['a1', 'a2', 'a3'])
    expect((await getStore().load(silent)).head).toBe(0)
    expect(await getStore().append({ id: nanoid(), rooms: [] })).toEqual(new Map())
  })

  test('[DS1] numbers have no gaps and follow the order of arrival, also under parallel appends', async () => {
    const roomId = newRoom()
    await Promise.all(Array.from({ length: 20 }, (_, n) => append(roomId, `${n}`, `${n}'`)))
    const { head, tail } = await getStore().load(roomId)
    expect(head).toBe(40)
    expect(tail.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    const order = tail.map(({ update }) => textOf(update))
    for (let n = 0; n < 20; n++) expect(order.indexOf(`${n}'`)).toBe(order.indexOf(`${n}`) + 1)
  })

  test('[DS1] two writers who name the same rooms in opposite order both come through', async () => {
    const [a, b] = [newRoom(), newRoom()]
    const write = (rooms: RoomId[], n: number) =>
      getStore().append({ id: nanoid(), rooms: rooms.map((roomId) => ({ roomId, entries: [entry(`${n}`)] })) })
    await Promise.all(Array.from({ length: 30 }, (_, n) => write(n % 2 ? [a, b] : [b, a], n)))
    expect((await getStore().load(a)).head).toBe(30)
    expect((await getStore().load(b)).head).toBe(30)
  })

  test('[DS1] bytes and what is known of them come back as they went in, also empty and large ones', async () => {
    const roomId = newRoom()
    const large = new Uint8Array(300_000).map((_, index) => index % 251)
    const entries = [
      entry('', { author: null, at: 1_800_000_000_000 }),
      entry('', { update: large, ranges: new Uint8Array(), crc: 0 }),
    ]
    await getStore().append({ id: nanoid(), rooms: [{ roomId, entries }] })
    const { tail } = await getStore().load(roomId)
    expect(tail.map(({ update }) => update.length)).toEqual([0, large.length])
    expect(Buffer.compare(tail[1]?.update ?? new Uint8Array(), large)).toBe(0)
    expect(tail[0]).toMatchObject({ seq: 1, author: null, at: 1_800_000_000_000, crc: 4_000_000_001 })
    expect(tail[1]).toMatchObject({ seq: 2, author: 'ada', at: 1, crc: 0 })
    expect(tail.map(({ ranges }) => textOf(ranges))).toEqual(['ranges of ', ''])
  })

  test('[DS2] a batch whose answer was lost is not stored twice, whatever came in between', async () => {
    const [a, b] = [newRoom(), newRoom()]
    const batch = {
      id: nanoid(),
      rooms: [
        { roomId: a, entries: [entry('a1'), entry('a2')] },
        { roomId: b, entries: [entry('b1')] },
      ],
    }
    const first = await getStore().append(batch)
    await append(a, 'between')
    expect(await getStore().append(batch)).toEqual(first)
    expect(await tailOf(a)).toEqual(['a1', 'a2', 'between'])
    expect(await tailOf(b)).toEqual(['b1'])
  })

  test('[DS2] a batch that is appended twice at the same moment is stored once', async () => {
    const roomId = newRoom()
    await append(roomId, 'before')
    const batch = { id: nanoid(), rooms: [{ roomId, entries: [entry('once')] }] }
    const answers = await Promise.all([1, 2, 3, 4].map(() => getStore().append(batch)))
    expect(answers.map((answer) => answer.get(roomId))).toEqual([2, 2, 2, 2])
    expect(await tailOf(roomId)).toEqual(['before', 'once'])
  })

  test('[DS3] a room nobody wrote to is empty with head 0', async () => {
    expect(await getStore().load(newRoom())).toEqual({
      snapshot: null,
      head: 0,
      tail: [],
      quarantined: [],
      clients: new Map(),
    })
  })

  test('[DS3] a load is the newest sound snapshot and what came after it', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3', '4')
    await getStore().addSnapshot(roomId, snapshot(3, { at: 1_800_000_000_000 }))
    await getStore().addSnapshot(roomId, snapshot(1))
    const stored = await getStore().load(roomId)
    expect(stored.snapshot).toEqual(snapshot(3, { at: 1_800_000_000_000 }))
    expect(stored.tail.map(({ seq }) => seq)).toEqual([4])
    await getStore().quarantine({ roomId, kind: 'snapshot', seq: 3 }, 'does not decode')
    const older = await getStore().load(roomId)
    expect(older.snapshot).toEqual(snapshot(1))
    expect(older.tail.map(({ seq }) => seq)).toEqual([2, 3, 4])
  })

  test('[DS3] [DS4] a hole is an error, never a shorter drawing', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3', '4')
    await getStore().addSnapshot(roomId, snapshot(2))
    await getStore().addSnapshot(roomId, snapshot(3))
    await getStore().purge({ ...NOTHING, updatesBefore: 2 })
    expect((await getStore().load(roomId)).tail.map(({ seq }) => seq)).toEqual([4])
    expect((await getStore().readSince(roomId, 2)).map(({ seq }) => seq)).toEqual([3, 4])
    await expect(getStore().readSince(roomId, 1)).rejects.toThrow(JournalHoleError)
    // Both snapshots turn out to be damaged: what is left begins at 3.
    await getStore().quarantine({ roomId, kind: 'snapshot', seq: 2 }, 'damaged')
    await getStore().quarantine({ roomId, kind: 'snapshot', seq: 3 }, 'damaged')
    await expect(getStore().load(roomId)).rejects.toThrow(JournalHoleError)
  })

  test('[DS4] what came after a number is read without what came before', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3')
    await getStore().quarantine({ roomId, kind: 'update', seq: 3 }, 'damaged')
    const since = await getStore().readSince(roomId, 1)
    expect(since.map(({ seq, update, author }) => [seq, textOf(update), author])).toEqual([[2, '2', 'ada']])
    expect(await getStore().readSince(roomId, 3)).toEqual([])
    expect(await getStore().readSince(newRoom(), 0)).toEqual([])
  })

  test('[DS5] snapshots are rows beside each other; the same number twice, or more than there is, changes nothing', async () => {
    const roomId = newRoom()
    expect(await getStore().addSnapshot(roomId, snapshot(1))).toBe(false)
    await append(roomId, '1', '2', '3')
    expect(await getStore().addSnapshot(roomId, snapshot(2))).toBe(true)
    expect(await getStore().addSnapshot(roomId, snapshot(2, { bytes: bytesOf('another') }))).toBe(false)
    expect(await getStore().addSnapshot(roomId, snapshot(4))).toBe(false)
    expect(await getStore().addSnapshot(roomId, snapshot(0))).toBe(false)
    expect(await getStore().addSnapshot(roomId, snapshot(3, { label: 'Sprint 7' }))).toBe(true)
    expect(await getStore().listSnapshots(roomId)).toEqual([
      { seq: 3, at: 3, label: 'Sprint 7' },
      { seq: 2, at: 2, label: null },
    ])
    expect(await getStore().readSnapshot(roomId, 2)).toEqual(snapshot(2))
    expect(await getStore().readSnapshot(roomId, 3)).toEqual(snapshot(3, { label: 'Sprint 7' }))
    expect([await getStore().readSnapshot(roomId, 1), await getStore().readSnapshot(newRoom(), 2)]).toEqual([
      undefined,
      undefined,
    ])
    await getStore().quarantine({ roomId, kind: 'snapshot', seq: 3 }, 'damaged')
    expect(await getStore().readSnapshot(roomId, 3)).toBeUndefined()
    expect((await getStore().load(roomId)).snapshot?.bytes).toEqual(bytesOf('snapshot 2'))
    expect((await getStore().listSnapshots(roomId)).map(({ seq }) => seq)).toEqual([2])
  })

  test('[DS5] of ten snapshots of one number at the same moment, one is kept', async () => {
    const roomId = newRoom()
    await append(roomId, '1')
    const added = await Promise.all(Array.from({ length: 10 }, () => getStore().addSnapshot(roomId, snapshot(1))))
    expect(added.filter(Boolean)).toHaveLength(1)
  })

  test('[DS6] a quarantined update is left out and listed, and the rest keeps its numbers', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3')
    await getStore().quarantine({ roomId, kind: 'update', seq: 2 }, 'does not decode')
    const { head, tail, quarantined } = await getStore().load(roomId)
    expect([head, tail.map(({ seq }) => seq), quarantined]).toEqual([3, [1, 3], [2]])
    const listed = {
      roomId,
      kind: 'update',
      seq: 2,
      reason: 'does not decode',
      bytes: bytesOf('2'),
      crc: 4_000_000_001,
      author: 'ada',
      at: 1,
    }
    expect(await getStore().listQuarantined(roomId)).toEqual([listed])
    expect(await getStore().listQuarantined()).toContainEqual(listed)
    expect(await getStore().listQuarantined(newRoom())).toEqual([])
  })

  test('[DS6] an update that the room never took can be set aside at once, and given back like any other', async () => {
    const room = newRoom()
    await append(room, 'one')
    expect(await getStore().addQuarantined(room, entry('hangs'), 'it hung')).toBe(2)
    await append(room, 'three')
    expect(await tailOf(room)).toEqual(['one', 'three'])
    const [listed, ...others] = await getStore().listQuarantined(room)
    expect(others).toEqual([])
    expect([listed?.seq, listed?.reason, textOf(listed!.bytes)]).toEqual([2, 'it hung', 'hangs'])
    expect(await getStore().giveBack({ roomId: room, kind: 'update', seq: 2 }, entry('hangs'))).toBe(4)
    expect(await tailOf(room)).toEqual(['one', 'three', 'hangs'])
  })

  test('[DS7] a record is given back as the next update, and once', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3')
    const record = { roomId, kind: 'update', seq: 2 } as const
    expect(await getStore().giveBack(record, entry('2'))).toBeUndefined()
    await getStore().quarantine(record, 'does not decode')
    await getStore().addSnapshot(roomId, snapshot(3))
    const answers = await Promise.all([1, 2, 3].map(() => getStore().giveBack(record, entry('2, mended'))))
    expect(answers.filter((seq) => seq !== undefined)).toEqual([4])
    const { head, tail } = await getStore().load(roomId)
    expect([head, tail.map(({ seq, update }) => [seq, textOf(update)])]).toEqual([4, [[4, '2, mended']]])
    expect(await getStore().listQuarantined(roomId)).toEqual([])
  })

  test('[DS7] a snapshot is given back as an update, too, and is no snapshot any more', async () => {
    const roomId = newRoom()
    await append(roomId, '1')
    await getStore().addSnapshot(roomId, snapshot(1))
    const record = { roomId, kind: 'snapshot', seq: 1 } as const
    await getStore().quarantine(record, 'damaged')
    expect((await getStore().listQuarantined(roomId))[0]).toMatchObject({ ...record, bytes: bytesOf('snapshot 1') })
    expect(await getStore().giveBack(record, entry('snapshot 1'))).toBe(2)
    expect(await tailOf(roomId)).toEqual(['1', 'snapshot 1'])
    expect(await getStore().listQuarantined(roomId)).toEqual([])
    expect(await getStore().addSnapshot(roomId, snapshot(1))).toBe(true)
  })

  test('[DS8] old updates go that the second newest snapshot holds; what was set aside stays', async () => {
    const roomId = newRoom()
    const entries = [10, 20, 30, 40, 50].map((at) => entry(`${at}`, { at }))
    await getStore().append({ id: nanoid(), rooms: [{ roomId, entries }] })
    await getStore().quarantine({ roomId, kind: 'update', seq: 1 }, 'damaged')
    await getStore().addSnapshot(roomId, snapshot(3))
    await getStore().purge({ ...NOTHING, updatesBefore: 35 })
    expect((await getStore().readSince(roomId, 1)).map(({ seq }) => seq)).toEqual([2, 3, 4, 5])
    await getStore().addSnapshot(roomId, snapshot(4))
    const before = await getStore().load(roomId)
    await getStore().purge({ ...NOTHING, updatesBefore: 25 })
    expect((await getStore().readSince(roomId, 2)).map(({ seq }) => seq)).toEqual([3, 4, 5])
    await expect(getStore().readSince(roomId, 1)).rejects.toThrow(JournalHoleError)
    expect(await getStore().load(roomId)).toEqual(before)
    expect((await getStore().listQuarantined(roomId)).map(({ seq }) => seq)).toEqual([1])
    // The newest snapshot is found damaged: the second newest and the updates after it are all there.
    await getStore().quarantine({ roomId, kind: 'snapshot', seq: 4 }, 'damaged')
    expect((await getStore().load(roomId)).tail.map(({ seq }) => seq)).toEqual([4, 5])
  })

  test('[DS8] old updates go also behind many that a clock which was ahead has dated in the future', async () => {
    const roomId = newRoom()
    const dated = (at: number, count: number) => Array.from({ length: count }, () => entry('a', { at }))
    await getStore().append({ id: nanoid(), rooms: [{ roomId, entries: [...dated(9_000, 1_000), ...dated(10, 20)] }] })
    for (const seq of [1_010, 1_019, 1_020]) await getStore().addSnapshot(roomId, snapshot(seq, { at: seq }))
    await getStore().purge({ ...NOTHING, updatesBefore: 1_015 })
    expect((await getStore().readSince(roomId, 1_019)).map(({ seq }) => seq)).toEqual([1_020])
    for (const seq of [1_000, 1_018]) await expect(getStore().readSince(roomId, seq)).rejects.toThrow(JournalHoleError)
  })

  test('[DS8] a clean-up that is told to end leaves the rest as it is', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3')
    for (const seq of [1, 2, 3]) await getStore().addSnapshot(roomId, snapshot(seq))
    const signal = AbortSignal.abort()
    const limits = { updatesBefore: 2, batchesBefore: 2, keepSnapshot: () => false, signal }
    expect(await getStore().purge(limits)).toEqual({ updates: 0, snapshots: 0, batches: 0 })
    expect(await getStore().listSnapshots(roomId)).toHaveLength(3)
    expect(await getStore().readSince(roomId, 0)).toHaveLength(3)
  })

  test('[DS8] unnamed snapshots are thinned as the rule says; named ones and the two newest stay', async () => {
    const roomId = newRoom()
    await append(roomId, '1', '2', '3', '4', '5', '6')
    for (const seq of [1, 3, 4, 5, 6]) await getStore().addSnapshot(roomId, snapshot(seq))
    await getStore().addSnapshot(roomId, snapshot(2, { label: 'first draft' }))
    const asked: Array<[number, number]> = []
    const keepSnapshot = (at: number, newerAt: number) => {
      if (at < 100 && newerAt < 100) asked.push([at, newerAt])
      return at === 3
    }
    await getStore().purge({ ...NOTHING, keepSnapshot })
    expect((await getStore().listSnapshots(roomId)).map(({ seq }) => seq)).toEqual([6, 5, 3, 2])
    // Each is asked about beside the next newer one that is kept.
    expect(asked).toContainEqual([4, 5])
    expect(asked).toContainEqual([3, 5])
    expect(asked).toContainEqual([1, 2])
  })

  test('[DS8] the answer of an old batch is forgotten', async () => {
    const roomId = newRoom()
    const at = 5
    const batch = { id: nanoid(), rooms: [{ roomId, entries: [entry('1', { at })] }] }
    await getStore().append(batch)
    await getStore().purge({ ...NOTHING, batchesBefore: at })
    expect((await getStore().append(batch)).get(roomId)).toBe(1)
    expect((await getStore().purge({ ...NOTHING, batchesBefore: at + 1 })).batches).toBeGreaterThan(0)
    expect((await getStore().append(batch)).get(roomId)).toBe(2)
  })

  test('[DS10] a Yjs client is whose the first claim says, in its own room', async () => {
    const [first, second] = [newRoom(), newRoom()]
    const claim = (roomId: RoomId, ...claims: Array<[number, string]>) =>
      getStore().append({ id: nanoid(), rooms: [{ roomId, entries: [entry('a', { claims: new Map(claims) })] }] })
    await claim(first, [7, 'ada'], [2 ** 40, ''])
    await claim(first, [7, 'eve'], [8, 'eve'])
    await claim(second, [7, 'eve'])
    const { clients } = await getStore().load(first)
    expect([...clients].sort(([a], [b]) => a - b)).toEqual([
      [7, 'ada'],
      [8, 'eve'],
      [2 ** 40, ''],
    ])
    expect((await getStore().load(second)).clients).toEqual(new Map([[7, 'eve']]))
  })

  test('[DS11] who becomes somebody else takes their Yjs clients along, in every room, also those on their way', async () => {
    const [guest, other, account] = [nanoid(), nanoid(), nanoid()].map((id) => userIdSchema.parse(id)) as [
      UserId,
      UserId,
      UserId,
    ]
    const [first, second] = [newRoom(), newRoom()]
    const claim = (roomId: RoomId, ...claims: Array<[number, string]>) =>
      getStore().append({ id: nanoid(), rooms: [{ roomId, entries: [entry('a', { claims: new Map(claims) })] }] })
    await claim(first, [7, guest], [8, other], [9, account], [10, ''])
    await getStore().transferClients(guest, account)
    await claim(second, [7, guest])
    await getStore().transferClients(guest, other)
    const clientsOf = async (roomId: RoomId) =>
      [...(await getStore().load(roomId)).clients].sort(([a], [b]) => a - b).map(([, userId]) => userId)
    expect(await clientsOf(first)).toEqual([account, other, account, ''])
    expect(await clientsOf(second)).toEqual([account])
    const found = await getStore().findClients(first, [7, 10, 11])
    expect([...found].sort(([a], [b]) => a - b)).toEqual([
      [7, account],
      [10, ''],
    ])
  })

  test('[DS12] the heads of any number of rooms are read together, and whose some of a room’s clients are', async () => {
    const [written, empty] = [newRoom(), newRoom()]
    await append(written, '1', '2')
    const others = Array.from({ length: 1_500 }, newRoom)
    expect(await getStore().headsOf([...others, written, empty])).toEqual(new Map([[written, 2]]))
    expect(await getStore().headsOf([])).toEqual(new Map())
    expect(await getStore().findClients(written, [7])).toEqual(new Map())
  })

  test('[DS9] a store that works answers a ping', async () => {
    await expect(getStore().ping()).resolves.toBeUndefined()
  })
}
