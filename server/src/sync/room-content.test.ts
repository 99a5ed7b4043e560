import { Document } from '@hocuspocus/server'
import { expect, onTestFinished, test } from 'vitest'
import * as Y from 'yjs'
import { decodeRanges, encodeRanges, rangesOfUpdate, recordOf } from '../core/documents/clock-ranges.ts'
import { cut, measure } from '../core/documents/compaction-worker.ts'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import { RoomBytes } from '../core/documents/room-bytes.ts'
import { DEFAULT_BOARD_LIMITS, type BoardLimits } from '../core/gate/board-size.ts'
import { ClientOwners } from '../core/gate/client-owners.ts'
import { KIND } from '../core/gate/read-content.ts'
import { readUpdate } from '../core/gate/read-update.ts'
import { breakRooms, createBreakingUpdate } from '../testing/breaking-update.ts'
import { craft, element, value, type CraftedStruct } from '../testing/crafted-update.ts'
import { removeWord, setWord, wordsOf, writePlain } from '../testing/test-room.ts'
import { RoomContent, UnsoundUpdateError, type TakenUpdate } from './room-content.ts'

/** The updates of one client that sets these words one after the other, and the document in the end. */
function drawn(...words: string[]) {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const word of words) setWord(word)(doc)
  return { doc, updates }
}

/** What a room makes of these updates as its stored tail, and what it says of those that come. */
function load(
  stored: readonly Uint8Array[],
  { owners = new ClientOwners(), limits = {} }: { owners?: ClientOwners; limits?: Partial<BoardLimits> } = {},
) {
  const document = new Document('room-aaaaaa')
  const taken: TakenUpdate[] = []
  /** For each change that was told, how many updates had been taken by then. */
  const told: number[] = []
  const progress = new Int32Array(2)
  const content = new RoomContent({
    document,
    bytes: new RoomBytes({ snapshot: null, tail: stored.map((update, n) => ({ seq: n + 1, ...record(update) })) }),
    owners,
    limits: { ...DEFAULT_BOARD_LIMITS, ...limits },
    pieceWork: {
      cut: async (updates) => cut({ updates, progress }),
      measure: async (pieces) => measure({ pieces, progress }),
    },
    events: { onTaken: (each) => taken.push(each), onChanged: () => told.push(taken.length) },
  })
  const apply = (update: Uint8Array) => content.apply(readUpdate(update), 'ada', 'somebody').kind
  return { document, content, taken, apply, told }
}

const record = (update: Uint8Array) => recordOf(update, null, 1)

function built(parts: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const part of parts) Y.applyUpdate(doc, part)
  return doc
}

test('in a sound room, what refers to what nobody knows is not taken', () => {
  const { updates } = drawn('one', 'two', 'three')
  const { content, taken, apply, told } = load(updates.slice(0, 1))
  expect(apply(updates[2] as Uint8Array)).toBe('gap')
  expect([taken, told, content.bytes.parts]).toEqual([[], [], updates.slice(0, 1)])
  expect(apply(updates[1] as Uint8Array)).toBe('taken')
  expect([taken.length, told]).toEqual([1, [1]])
})

test('of an update that does not integrate nobody is told, not even of the part that did', () => {
  onTestFinished(breakRooms())
  const { taken, apply, told } = load([])
  expect(() => apply(createBreakingUpdate())).toThrow(UnsoundUpdateError)
  expect([taken, told]).toEqual([[], []])
})

test('what somebody else has written is not known to be the same before the document is there', () => {
  const { doc, updates } = drawn('one', 'two')
  const { content } = load(updates, { owners: new ClientOwners([[doc.clientID, 'ada']]) })
  const read = readUpdate(Y.encodeStateAsUpdate(doc))
  expect([content.has(read, 'ada'), content.has(read, 'eve'), content.covers(read, 'eve')]).toEqual([
    true,
    false,
    false,
  ])
  expect(content.document.isFilled).toBe(false)
  content.document.fill()
  expect(content.covers(read, 'eve')).toBe(true)
  const other = new Y.Doc()
  other.clientID = doc.clientID
  setWord('else')(other)
  expect(content.covers(readUpdate(Y.encodeStateAsUpdate(other)), 'eve')).toBe(false)
})

test('what builds on a record that was set aside is stored all the same, once, and shows when that is given back', () => {
  const { updates } = drawn('one', 'lost', 'three', 'four')
  const [one, lost, three, four] = updates as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const { document, content, taken, apply, told } = load([one, three])
  expect(apply(four)).toBe('taken')
  expect(taken.map(({ update }) => update)).toEqual([four])
  expect(taken.map(({ ranges }) => decodeRanges(ranges))).toEqual([rangesOfUpdate(Y.decodeUpdate(four))])
  // Nobody can be shown it yet.
  expect([told, wordsOf({ doc: document })]).toEqual([[], ['one']])
  expect(apply(four)).toBe('taken')
  expect(taken).toHaveLength(1)
  content.applyStored([record(lost)])
  expect(wordsOf({ doc: document })).toEqual(['four', 'lost', 'one', 'three'])
  expect(taken).toHaveLength(1)
})

test('what stands beside the hole is an edit like any other', () => {
  const { updates } = drawn('one', 'lost', 'three')
  const { document, taken, apply, told } = load([updates[0], updates[2]] as Uint8Array[])
  const beside = Y.encodeStateAsUpdate(drawn('beside').doc)
  expect(apply(beside)).toBe('taken')
  expect([taken.length, told, wordsOf({ doc: document })]).toEqual([1, [1], ['beside', 'one']])
})

test('deletions of what was set aside are stored, too', () => {
  const { doc, updates } = drawn('lost', 'lost too')
  const deletions = ['lost', 'lost too'].map((word) => {
    const before = Y.encodeStateVector(doc)
    const known = Y.decodeUpdate(Y.encodeStateAsUpdate(doc)).ds
    removeWord(word)(doc)
    expect(Y.decodeUpdate(Y.encodeStateAsUpdate(doc, before)).ds).not.toEqual(known)
    return updates.at(-1) as Uint8Array
  })
  const [first, second] = deletions as [Uint8Array, Uint8Array]
  const { document, content, taken, apply } = load([first])
  expect(apply(second)).toBe('taken')
  expect(taken.map(({ update }) => update)).toEqual([second])
  content.applyStored(updates.slice(0, 2).map(record))
  expect(wordsOf({ doc: document })).toEqual([])
})

/** Refers to what nobody knows. */
const WAITS: CraftedStruct = { kind: KIND.string, string: 'x', origin: [9_999, 0] }

test('[G9] [G8] [G15] nobody can have anything put in a room that has lost a record by one thing beside it that waits', () => {
  const { updates } = drawn('one', 'lost', 'three')
  const { document, content, taken, apply } = load([updates[0], updates[2]] as Uint8Array[])
  content.document.fill()
  const before = Y.encodeStateAsUpdate(document)
  const unsound = [
    craft([[7, 0, value('other', 'a', 1), WAITS]]),
    craft([[7, 0, WAITS, value('other', 'a', 1)]]),
    craft([[7, 0, WAITS, { kind: KIND.string, string: 'x', origin: [9_999, 0], rightOrigin: [7, 5] }]]),
    craft([[7, 0, { ...element('a'), type: 1 }, value([7, 0], 'link', 'javascript:1'), WAITS]]),
    craft([[7, 0, element('a'), ...Array.from({ length: 3_000 }, () => value([7, 0], 'angle', 1)), WAITS]]),
  ]
  expect(unsound.map(apply)).toEqual(unsound.map(() => 'refused'))
  expect([Y.encodeStateAsUpdate(document), taken]).toEqual([before, []])
})

test('beside a hole, a board holds no more than elsewhere, and what somebody has drawn with is theirs', () => {
  const { updates } = drawn('one', 'lost', 'three')
  const { content, taken, apply } = load([updates[0], updates[2]] as Uint8Array[], { limits: { elements: 2 } })
  const draw = (client: number) => apply(craft([[client, 0, element(`of-${client}`), WAITS]]))
  expect([draw(7), draw(8)]).toEqual(['taken', 'refused'])
  expect([content.owners.ownerOf(7), taken.map(({ claims }) => [...claims])]).toEqual([
    'ada',
    [[[7, 'ada']], [[7, 'ada']]],
  ])
})

test('nobody can have more and more wait for what a room has lost', () => {
  const { doc, updates } = drawn('one', 'lost', 'three')
  const { document, apply } = load([updates[0], updates[2]] as Uint8Array[])
  const waits = Array.from({ length: 30 }, (_, n) =>
    apply(craft([[100 + n, 0, { ...WAITS, string: 'x'.repeat(5_000) }]])),
  )
  expect(waits.indexOf('gap')).toBeGreaterThan(9)
  expect(document.store.pendingStructs?.update.length).toBeLessThan(64 * 1024)
  // Who comes back with what waits already, and with what is lost, closes the hole.
  setWord('four')(doc)
  expect(apply(Y.encodeStateAsUpdate(doc))).toBe('taken')
  expect(wordsOf({ doc: document })).toEqual(['four', 'lost', 'one', 'three'])
})

test('what was made to harm a room when what it has lost comes back is not put in place then, nor sent to anybody', async () => {
  const { doc, updates } = drawn('one', 'lost', 'three')
  const { document, content, taken, apply } = load([updates[0], updates[2]] as Uint8Array[])
  const nested = { ...element('nested'), parent: [7, 0] } as const
  expect(apply(craft([[7, 1, nested]]))).toBe('taken')
  expect(apply(craft([[7, 0, element('a')]]))).toBe('taken')
  const inside = ({ doc: it }: { doc: Y.Doc }) => it.getMap<Y.Map<unknown>>('elements').get('a')?.size
  expect([taken.length, inside({ doc: document })]).toEqual([2, 0])
  const joined = built(await content.missing.for(Y.encodeStateVector(new Y.Doc())))
  expect([inside({ doc: joined }), joined.store.pendingStructs]).toEqual([0, null])
  expect(apply(Y.encodeStateAsUpdate(doc))).toBe('taken')
  expect(wordsOf({ doc: document })).toEqual(expect.arrayContaining(['lost', 'one', 'three']))
})

test('who joins a room with a hole is sent all that builds on it, however much that is', async () => {
  const { doc, updates } = drawn('one', 'lost', ...Array.from({ length: 1_100 }, (_, n) => `w${n}`))
  const [one, lost, ...rest] = updates as [Uint8Array, Uint8Array, ...Uint8Array[]]
  const { content } = load([one, ...rest])
  content.document.fill()
  const parts = await content.missing.for(Y.encodeStateVector(new Y.Doc()))
  // Encoded anew, what the document cannot hold yet would stay beside it, for each who joins.
  expect(parts.length).toBeLessThan(100)
  expect(wordsOf({ doc: built([...parts, lost]) })).toEqual(wordsOf({ doc }))
})

test('a long tail is merged for all who join at once, and the document is not built for it', async () => {
  const { doc, updates } = drawn(...Array.from({ length: 100 }, (_, n) => `w${n}`))
  const { content } = load(updates)
  const join = async () => await content.missing.for(Y.encodeStateVector(new Y.Doc()))
  const [first, second] = await Promise.all([join(), join()])
  expect([first.length, second.length, content.document.isFilled]).toEqual([2, 2, false])
  expect(second).toEqual(first)
  expect(wordsOf({ doc: built(first) })).toEqual(wordsOf({ doc }))
})

test('a long tail of a board that is drawn on is encoded anew for who joins, and says the same', async () => {
  const { doc, updates } = drawn(...Array.from({ length: 100 }, (_, n) => `w${n}`))
  const { content, apply } = load(updates)
  const join = async () => await content.missing.for(Y.encodeStateVector(new Y.Doc()))
  content.document.fill()
  const parts = await join()
  expect(parts).toHaveLength(1)
  expect(wordsOf({ doc: built(parts) })).toEqual(wordsOf({ doc }))
  // What is new since is little of it all, and comes beside it.
  const before = Y.encodeStateVector(doc)
  setWord('new')(doc)
  const news = Y.encodeStateAsUpdate(doc, before)
  apply(news)
  expect(await join()).toHaveLength(2)
  expect(encodeRanges(rangesOfUpdate(Y.decodeUpdate((await join())[0] as Uint8Array))).length).toBeGreaterThan(0)
})

test('a long tail that is more than one message is encoded anew in pieces', async () => {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let n = 0; n < 100; n++) writePlain(`w${n}`, 'x'.repeat(1_500))(doc)
  const { content } = load(updates)
  content.document.fill()
  const parts = await content.missing.for(Y.encodeStateVector(new Y.Doc()))
  expect(parts).toHaveLength(3)
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(PIECE_BYTES)
  expect(wordsOf({ doc: built(parts) })).toEqual(wordsOf({ doc }))
})

test('a long tail of a large board is not encoded anew, which would take long, though the document is there', async () => {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let n = 0; n < 300; n++) writePlain('same', `${n}`.padEnd(1_500))(doc)
  const { content } = load(updates)
  content.document.fill()
  const parts = await content.missing.for(Y.encodeStateVector(new Y.Doc()))
  // Encoded, all but the last word would be gone.
  expect(parts.length).toBeGreaterThan(10)
  expect(wordsOf({ doc: built(parts) })).toEqual(['same'])
})

test('of a few large things, who says that they have something of nobody is sent the bytes that everybody is', async () => {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let n = 0; n < 30; n++) writePlain(`w${n}`, 'x'.repeat(100_000))(doc)
  const { content } = load(updates)
  const [one, other] = await Promise.all(
    [1, 2].map(async (client) => await content.missing.for(Y.encodeStateVector(new Map([[client, 1]])))),
  )
  // Each text, and what is small before it.
  expect(one).toHaveLength(60)
  one?.forEach((part, index) => expect(part).toBe(other?.[index]))
  expect(wordsOf({ doc: built(one ?? []) })).toEqual(wordsOf({ doc }))
})
