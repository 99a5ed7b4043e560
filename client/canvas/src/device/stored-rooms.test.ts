import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { Edit } from '../collab/edits.ts'
import { openDeviceDatabase, type Place } from './device-database.ts'
import { makeRoom, removeRoom } from './device-space.ts'
import { addRows, patchRoom, STORED } from './room-rows.ts'
import { StoredRoom } from './stored-room.ts'
import { storedRooms, type StoredRoomInfo } from './stored-rooms.ts'

const SERVER = 'http://board.example'
const ADA = { serverUrl: SERVER, person: 'ada' }
const open = new Set<StoredRoom>()

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})

afterEach(async () => {
  await Promise.all([...open].map((stored) => stored.close()))
  open.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** A board that somebody has open, whose edits are stored. */
async function openBoard(roomId: string, person = 'ada') {
  const place: Place = [SERVER, person, roomId]
  const doc = new Y.Doc()
  const made: Edit[] = []
  const stored = new StoredRoom({ place, doc, unsent: () => made, onChange: () => {} })
  open.add(stored)
  await stored.load()
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === STORED) return
    const edit = { client: doc.clientID, clock: Y.getState(doc.store, doc.clientID) }
    made.push(edit)
    stored.storeEdit(update, [edit])
  })
  return {
    doc,
    stored,
    draw: (...ids: string[]) => ids.forEach((id) => doc.getMap('elements').set(id, id)),
    /** The server has all that was drawn. */
    save: () => {
      made.length = 0
      stored.rememberRole('editor')
      stored.storeDurable(new Map([[doc.clientID, Y.getState(doc.store, doc.clientID)]]))
    },
    close: async () => {
      open.delete(stored)
      await stored.close()
    },
  }
}

async function storeBoard(roomId: string, drawn: readonly string[], isSaved: boolean, person?: string): Promise<void> {
  const board = await openBoard(roomId, person)
  board.draw(...drawn)
  if (isSaved) board.save()
  await board.close()
}

async function listed(person = 'ada'): Promise<string[]> {
  const rooms = await storedRooms({ serverUrl: SERVER, person }).list()
  return rooms.map(({ roomId, unsent }) => `${roomId}: ${unsent}`)
}

async function drawnIn(roomId: string, person = 'ada'): Promise<string[]> {
  const doc = await storedRooms({ serverUrl: SERVER, person }).read(roomId)
  return [...doc.getMap('elements').keys()].toSorted()
}

async function countRows(): Promise<number> {
  const database = await openDeviceDatabase(SERVER)
  const count = await database.count('updates')
  database.close()
  return count
}

/** Does something in the moment that the storage is first asked for this. */
function onNextCall<Owner extends object>(owner: Owner, name: keyof Owner, call: () => void) {
  const asked = owner[name] as (...args: unknown[]) => unknown
  Object.defineProperty(owner, name, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: unknown[]) {
      Object.defineProperty(owner, name, { configurable: true, writable: true, value: asked })
      const request = asked.apply(this, args)
      call()
      return request
    },
  })
}

describe('the boards of a device', () => {
  test('are listed with how much of each is unsent, by any number of tabs and reloads', async () => {
    await storeBoard('one', ['a', 'b'], false)
    await storeBoard('one', ['c'], false)
    await storeBoard('two', ['a'], true)
    const board = await openBoard('three')
    board.draw('a', 'b')
    board.save()
    board.draw('c')
    await board.stored.flush()
    expect(await listed()).toEqual(['one: 3', 'three: 1', 'two: 0'])
    const [one] = await storedRooms(ADA).list()
    expect(one?.bytes).toBeGreaterThan(50)
    expect(Date.now() - one!.usedAt).toBeLessThan(10_000)
  })

  test('are counted the moment that an edit is made, although the page goes at once', async () => {
    const board = await openBoard('one')
    board.draw('a')
    open.delete(board.stored)
    expect(await listed()).toEqual(['one: 1'])
  })

  test('are told of again when something changes', async () => {
    const told: string[][] = []
    const listen = (rooms: readonly StoredRoomInfo[]) =>
      told.push(rooms.map(({ roomId, unsent }) => `${roomId}: ${unsent}`))
    const stop = storedRooms(ADA).watch(listen)
    await vi.waitFor(() => expect(told).toEqual([[]]))
    const board = await openBoard('one')
    board.draw('a')
    await vi.waitFor(() => expect(told.at(-1)).toEqual(['one: 1']))
    board.save()
    await vi.waitFor(() => expect(told.at(-1)).toEqual(['one: 0']))
    stop()
    const count = told.length
    board.draw('b')
    await board.stored.flush()
    await storedRooms(ADA).discard('one')
    expect(told).toHaveLength(count)
  })

  test('of one person are nobody else’s, also where a name begins like another', async () => {
    await storeBoard('one', ['a'], false, 'ada')
    await storeBoard('one', ['b'], false, 'ada2')
    await storeBoard('one', ['c'], true, 'bob')
    expect([await listed('ada'), await listed('ada2'), await listed('bob')]).toEqual([
      ['one: 1'],
      ['one: 1'],
      ['one: 0'],
    ])
    expect([await drawnIn('one', 'ada'), await drawnIn('one', 'bob')]).toEqual([['a'], ['c']])
    expect(await listed('ad')).toEqual([])
  })

  test('become another’s, who has all of both, and their unsent edits', async () => {
    await storeBoard('one', ['a'], false, 'guest')
    await storeBoard('two', ['a'], true, 'guest')
    await storeBoard('one', ['b'], false, 'ada')
    await storedRooms(ADA).takeOver('guest')
    expect([await listed('guest'), await listed('ada')]).toEqual([[], ['one: 2', 'two: 0']])
    expect(await drawnIn('one')).toEqual(['a', 'b'])
    await storedRooms(ADA).takeOver('ada')
    expect(await listed('ada')).toEqual(['one: 2', 'two: 0'])
  })

  test('without storage there are none', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await listed()).toEqual([])
    expect(await drawnIn('one')).toEqual([])
    await storedRooms(ADA).discard('one')
  })
})

describe('a board that is discarded', () => {
  test('is gone, and nothing else is', async () => {
    await storeBoard('one', ['a'], false)
    await storeBoard('two', ['b'], false)
    await storedRooms(ADA).discard('one')
    expect(await listed()).toEqual(['two: 1'])
    expect(await drawnIn('one')).toEqual([])
    expect(await countRows()).toBe(1)
  })

  test('is not stored again by a tab that still has it open', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const board = await openBoard('one')
    board.draw('a')
    await board.stored.flush()
    board.stored.discarded()
    await storedRooms(ADA).discard('one')
    board.draw('b')
    await board.stored.flush()
    // Not even when access ends and comes back.
    board.stored.remove()
    board.stored.rememberRole('editor')
    await board.stored.flush()
    // Whatever it did would be done before this is.
    await storeBoard('two', ['c'], true)
    expect(await listed()).toEqual(['two: 0'])
    expect(board.stored.working).toBe(false)
  })

  test('in the moment that a tab writes on is not stored again by that tab', async () => {
    // Each has written too little to fold the log, which is long all the same.
    const tabs = [await openBoard('one'), await openBoard('one')]
    for (const tab of tabs) for (let n = 0; n < 120; n++) tab.draw(`e${n}`)
    for (const tab of tabs) await tab.close()
    const another = await openDeviceDatabase(SERVER)
    const discarding = Promise.withResolvers<void>()
    // It is noted that the board is in use, and its log is to be folded next.
    onNextCall(IDBObjectStore.prototype, 'put', () => {
      board.stored.discarded()
      void removeRoom(another, [SERVER, 'ada', 'one']).then(discarding.resolve)
    })
    const board = await openBoard('one')
    await discarding.promise
    another.close()
    await board.stored.flush()
    expect([await listed(), await countRows()]).toEqual([[], 0])
  })

  test('before it was read, because access ended, stays: nobody knows whether something in it is unsent', async () => {
    await storeBoard('one', ['a'], false)
    const stored = new StoredRoom({
      place: [SERVER, 'ada', 'one'],
      doc: new Y.Doc(),
      unsent: () => [],
      onChange: () => {},
    })
    open.add(stored)
    const loading = stored.load()
    stored.remove()
    onNextCall(IDBIndex.prototype, 'getAll', () => stored.remove())
    expect((await loading).unsent).toHaveLength(1)
    await stored.flush()
    expect([await listed(), stored.working]).toEqual([['one: 1'], true])
  })

  test('because access ended is stored again when there is a role again', async () => {
    const board = await openBoard('one')
    board.draw('a')
    board.save()
    await board.stored.flush()
    board.stored.remove()
    await board.stored.flush()
    expect([await listed(), await countRows()]).toEqual([[], 0])
    board.draw('b')
    board.stored.rememberRole('editor')
    await vi.waitFor(() => expect(board.stored.working).toBe(true))
    await board.stored.flush()
    expect([await listed(), await drawnIn('one')]).toEqual([['one: 1'], ['a', 'b']])
  })
})

describe('a device that is small', () => {
  /** A browser that allows so many bytes. */
  function stubQuota(quota: number) {
    vi.stubGlobal('navigator', { storage: { estimate: async () => ({ quota }), persist: async () => true } })
  }

  test('lets go of the boards that were not used for longest, never of unsent edits or the open one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const long = 'x'.repeat(10_000)
    for (const [index, [roomId, isSaved]] of (
      [
        ['old', true],
        ['unsent', false],
        ['older', true],
        ['new', true],
      ] as const
    ).entries()) {
      vi.setSystemTime(Date.UTC(2026, 0, 10 - (roomId === 'older' ? 5 : -index)))
      await storeBoard(roomId, [long], isSaved)
    }
    stubQuota(5 * 25_000)
    vi.setSystemTime(Date.UTC(2026, 2, 1))
    const database = await openDeviceDatabase(SERVER)
    await makeRoom(database, [SERVER, 'ada', 'new'])
    database.close()
    expect(await listed()).toEqual(['new: 0', 'unsent: 1'])
    // Two are 40,000 bytes: still too much, and nothing that could go.
    expect(await drawnIn('unsent')).toEqual([long])
  })

  test('when a board is opened', async () => {
    stubQuota(5 * 25_000)
    await storeBoard('one', ['x'.repeat(10_000)], true)
    await storeBoard('two', ['x'.repeat(10_000)], true)
    await storeBoard('three', [], true)
    await vi.waitFor(async () => expect(await listed()).toEqual(['three: 0', 'two: 0']))
  })

  test('an open board that had to go is written whole with the next edit', async () => {
    const board = await openBoard('one')
    board.draw('a')
    board.save()
    board.stored.rememberRole('editor')
    await board.stored.flush()
    stubQuota(0)
    const database = await openDeviceDatabase(SERVER)
    await makeRoom(database, [SERVER, 'ada', 'other'])
    database.close()
    expect(await listed()).toEqual([])
    board.draw('b')
    await board.stored.flush()
    expect(await drawnIn('one')).toEqual(['a', 'b'])
    await board.close()
    const later = await openDeviceDatabase(SERVER)
    expect((await later.get('rooms', [SERVER, 'ada', 'one']))?.role).toBe('editor')
    later.close()
  })

  test('takes no edit along that is made in the moment that its board goes, and no board that is opened then', async () => {
    await storeBoard('edited', ['a'], true)
    await storeBoard('opened', ['a'], true)
    await storeBoard('unused', ['a'], true)
    stubQuota(0)
    const [database, another] = [await openDeviceDatabase(SERVER), await openDeviceDatabase(SERVER)]
    const edited: Place = [SERVER, 'ada', 'edited']
    const opened: Place = [SERVER, 'ada', 'opened']
    const meanwhile: Promise<unknown>[] = []
    // All are found to be of no use, and then somebody comes.
    onNextCall(IDBObjectStore.prototype, 'getAll', () => {
      meanwhile.push(patchRoom(another, opened, { durable: new Map(), role: undefined, bytes: 0 }, false))
    })
    // It has no unsent edit, and then there is one.
    onNextCall(IDBIndex.prototype, 'openKeyCursor', () => {
      meanwhile.push(addRows(another, edited, [{ bytes: Uint8Array.of(0, 0), edit: { client: 1, clock: 9 } }]))
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    await makeRoom(database, [SERVER, 'ada', 'other'])
    await Promise.all(meanwhile)
    expect(meanwhile).toHaveLength(2)
    expect(await listed()).toEqual(['opened: 0'])
    // The tab that made the edit finds out that the board went before it, and writes it anew.
    expect(await database.countFromIndex('updates', 'place', IDBKeyRange.only(edited))).toBe(1)
    database.close()
    another.close()
  })

  test('a board that goes while it is being opened is written again', async () => {
    const first = await openBoard('one')
    first.draw('a')
    first.save()
    first.stored.rememberRole('viewer')
    await first.close()
    const another = await openDeviceDatabase(SERVER)
    const gone = Promise.withResolvers<void>()
    // It is read, and gone before anybody has noted that it is in use.
    onNextCall(IDBIndex.prototype, 'getAll', () => void removeRoom(another, [SERVER, 'ada', 'one']).then(gone.resolve))
    const board = await openBoard('one')
    await gone.promise
    board.draw('b')
    await board.stored.flush()
    expect([await listed(), await drawnIn('one')]).toEqual([['one: 1'], ['a', 'b']])
    expect((await another.get('rooms', [SERVER, 'ada', 'one']))?.role).toBe('viewer')
    another.close()
  })

  test('asks the browser once not to throw away what is stored', async () => {
    const persist = vi.fn<() => Promise<boolean>>(async () => true)
    vi.stubGlobal('navigator', { storage: { persist } })
    vi.resetModules()
    const fresh = await import('./device-space.ts')
    fresh.askToPersist()
    fresh.askToPersist()
    expect(persist).toHaveBeenCalledTimes(1)
  })
})

describe('while a board is open', () => {
  test('its log is folded, again and again, with nothing lost and nothing counted twice', async () => {
    const board = await openBoard('one')
    for (let round = 0; round < 6; round++) {
      for (let n = 0; n < 120; n++) board.draw(`e${round}-${n}`)
      await board.stored.flush()
      if (round === 3) board.save()
    }
    expect(await countRows()).toBeLessThan(700)
    const [info] = await storedRooms(ADA).list()
    expect(info?.unsent).toBe(240)
    expect(await drawnIn('one')).toHaveLength(720)
    board.save()
    for (let n = 0; n < 250; n++) board.draw(`last-${n}`)
    await board.stored.flush()
    board.save()
    await board.stored.flush()
    expect(await listed()).toEqual(['one: 0'])
    expect(await drawnIn('one')).toHaveLength(970)
  })

  test('a full disk grows by nothing, however long it stays full', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const board = await openBoard('one')
    board.draw('a'.repeat(5_000))
    await board.stored.flush()
    const before = await countRows()
    let tries = 0
    const realAdd = IDBObjectStore.prototype.add
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (
      this: IDBObjectStore,
      value: { bytes?: Uint8Array },
    ) {
      tries += 1
      // There is room for much, and then not for the little that follows: each try could leave something behind.
      if ((value.bytes?.length ?? 0) > 1_000) return realAdd.call(this, value)
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    board.draw('b')
    await vi.waitFor(() => expect(board.stored.working).toBe(false))
    for (let minute = 0; minute < 20; minute++) await vi.advanceTimersByTimeAsync(60_000)
    await board.stored.flush()
    expect(tries).toBeGreaterThan(3)
    // Not at each round of ten seconds: the waits double.
    expect(tries).toBeLessThan(30)
    expect(await countRows()).toBeLessThanOrEqual(before + 1)
    add.mockRestore()
    await vi.advanceTimersByTimeAsync(6 * 60_000)
    await vi.waitFor(() => expect(board.stored.working).toBe(true))
    await board.stored.flush()
    expect(await drawnIn('one')).toHaveLength(2)
  })
})
