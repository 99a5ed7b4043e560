import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { Edit } from '../collab/edits.ts'
import { openDeviceDatabase, type Place } from './device-database.ts'
import { STORED } from './room-rows.ts'
import { StoredRoom } from './stored-room.ts'
import { storedRooms } from './stored-rooms.ts'

const PLACE: Place = ['http://board.example', 'ada', 'room-1234567890']

const realAdd = IDBObjectStore.prototype.add

const open = new Set<{ stored: StoredRoom }>()

/** A document whose local edits are stored, as a tab's would be. Its name is its Yjs client. */
function createTab(name: number, place = PLACE) {
  const doc = new Y.Doc()
  doc.clientID = name
  const made: Edit[] = []
  const changes: boolean[] = []
  const stored: StoredRoom = new StoredRoom({
    place,
    doc,
    unsent: () => made,
    onChange: () => changes.push(stored.working),
  })
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === STORED) return
    if (origin === 'server') return stored.storeRemote(update)
    const edit = { client: name, clock: Y.getState(doc.store, name) }
    made.push(edit)
    stored.storeEdit(update, [edit])
  })
  const tab = { doc, stored, made, changes, draw: (id: string) => doc.getMap('elements').set(id, id) }
  open.add(tab)
  return tab
}

async function reload(name: number, place = PLACE) {
  const tab = createTab(name, place)
  const loaded = await tab.stored.load()
  const state = { role: loaded.role, unsent: loaded.unsent.map(({ client, clock }) => `${client}:${clock}`).toSorted() }
  return { ...tab, state, drawn: [...tab.doc.getMap('elements').keys()].toSorted() }
}

function createDrawing(): Y.Doc {
  const doc = new Y.Doc()
  doc.getMap('elements').set('spoilt', 'spoilt')
  return doc
}

/** Puts a row into the log that is no update. */
async function spoilLog(bytes: unknown): Promise<void> {
  const database = await openDeviceDatabase(PLACE[0])
  await database.add('updates', { place: PLACE, bytes: bytes as Uint8Array })
  database.close()
}

/** How many rows hold a part of a drawing, or something that cannot be read. */
async function countRows(): Promise<number> {
  const database = await openDeviceDatabase(PLACE[0])
  const rows = await database.getAll('updates')
  database.close()
  return rows.filter(({ bytes }) => bytes !== undefined).length
}

async function sumRows(): Promise<number> {
  const database = await openDeviceDatabase(PLACE[0])
  const rows = await database.getAll('updates')
  database.close()
  return rows.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
}

/** Call what it returns to do with the transactions begun since as a browser does when the page goes. */
function watchTransactions(): () => void {
  const { transaction: begin } = IDBDatabase.prototype
  const { commit } = IDBTransaction.prototype
  const unfinished = new Set<IDBTransaction>()
  const gone = new Set<IDBDatabase>()
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    if (gone.has(this)) throw new DOMException('The page is gone.', 'InvalidStateError')
    const transaction = begin.apply(this, args)
    unfinished.add(transaction)
    return transaction
  })
  vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
    unfinished.delete(this)
    commit.call(this)
  })
  return () => {
    for (const transaction of unfinished) {
      gone.add(transaction.db)
      transaction.abort()
    }
  }
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})

afterEach(async () => {
  await Promise.all([...open].map(({ stored }) => stored.close()))
  open.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('what is stored', () => {
  test('edits and their count come back after a reload', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    for (const id of ['x', 'y', 'z']) tab.draw(id)
    await tab.stored.close()
    const { state, drawn } = await reload(2)
    expect(drawn).toEqual(['x', 'y', 'z'])
    expect(state.unsent).toEqual(['1:1', '1:2', '1:3'])
  })

  test('an edit survives a tab that dies the moment it was made', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    tab.draw('x')
    // Nobody closes or flushes: the next tab only finds what the transaction left.
    open.delete(tab)
    const { state, drawn } = await reload(2)
    expect([drawn, state.unsent]).toEqual([['x'], ['1:1']])
  })

  test('an edit made while the storage still opens is stored too', async () => {
    const tab = createTab(1)
    const loading = tab.stored.load()
    tab.draw('x')
    await loading
    await tab.stored.close()
    expect(await reload(2)).toMatchObject({ drawn: ['x'], state: { unsent: ['1:1'] } })
  })

  test('a durable edit is in the drawing, and not in the count, whichever tab learned of it', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    for (const id of ['x', 'y']) tab.draw(id)
    tab.stored.storeDurable(new Map([[1, 1]]))
    await tab.stored.close()
    const second = await reload(2)
    expect(second.state.unsent).toEqual(['1:2'])
    second.stored.storeDurable(new Map([[1, 2]]))
    await second.stored.close()
    const third = await reload(3)
    expect([third.drawn, third.state.unsent]).toEqual([['x', 'y'], []])
  })

  test('what came from the server is stored, and written together', async () => {
    const server = new Y.Doc()
    const tab = createTab(1)
    await tab.stored.load()
    server.on('update', (update: Uint8Array) => Y.applyUpdate(tab.doc, update, 'server'))
    for (const id of ['p', 'q', 'r']) server.getMap('elements').set(id, id)
    await tab.stored.close()
    expect(await countRows()).toBe(1)
    expect(await reload(2)).toMatchObject({ drawn: ['p', 'q', 'r'], state: { unsent: [] } })
  })

  test('an edit is written with what it stands on', async () => {
    const server = new Y.Doc()
    server.getMap('elements').set('base', new Y.Map())
    const tab = createTab(1)
    await tab.stored.load()
    Y.applyUpdate(tab.doc, Y.encodeStateAsUpdate(server), 'server')
    ;(tab.doc.getMap('elements').get('base') as Y.Map<unknown>).set('xy', [1, 2])
    open.delete(tab)
    const { doc } = await reload(2)
    expect(doc.getMap('elements').toJSON()).toEqual({ base: { xy: [1, 2] } })
  })

  test('rooms and servers do not mix', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    tab.draw('x')
    tab.stored.rememberRole('editor')
    await tab.stored.close()
    const elsewhere = await reload(2, ['http://other.example', 'ada', 'room-1234567890'])
    expect([elsewhere.drawn, elsewhere.state]).toEqual([[], { unsent: [], role: undefined }])
  })

  test.each([
    ['an empty board', []],
    ['a drawing', ['p', 'q']],
  ])('%s that is left the moment it has come is here with its role, also when the page goes', async (_, ids) => {
    const server = new Y.Doc()
    const tab = createTab(1)
    await tab.stored.load()
    server.on('update', (update: Uint8Array) => Y.applyUpdate(tab.doc, update, 'server'))
    for (const id of ids) {
      await tab.stored.flush()
      server.getMap('elements').set(id, id)
    }
    const leavePage = watchTransactions()
    tab.stored.rememberRole('editor')
    leavePage()
    tab.stored.discarded()
    expect(await reload(2)).toMatchObject({ drawn: ids, state: { role: 'editor', unsent: [] } })
    const [room] = await storedRooms({ serverUrl: PLACE[0], person: PLACE[1] }).list()
    expect(room?.bytes).toBe(await sumRows())
  })

  test('the role is remembered, and forgotten', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    tab.stored.rememberRole('viewer')
    await tab.stored.close()
    const second = await reload(2)
    expect(second.state.role).toBe('viewer')
    second.stored.rememberRole(undefined)
    await second.stored.close()
    expect((await reload(3)).state.role).toBeUndefined()
  })

  test('a long log is folded into one row, and loses nothing, with two tabs at it', async () => {
    const [one, other] = [createTab(1), createTab(2)]
    await Promise.all([one.stored.load(), other.stored.load()])
    for (let i = 0; i < 120; i++) {
      one.draw(`one-${i}`)
      other.draw(`other-${i}`)
    }
    await Promise.all([one.stored.flush(), other.stored.flush()])
    expect(await countRows()).toBe(240)
    const [third, fourth] = await Promise.all([reload(3), reload(4)])
    await Promise.all([third.stored.flush(), fourth.stored.flush()])
    // One of each tab, if they were at it in the same moment.
    expect(await countRows()).toBeLessThanOrEqual(2)
    expect(third.drawn).toHaveLength(240)
    expect(fourth.drawn).toHaveLength(240)
    expect(fourth.state.unsent).toHaveLength(240)
  })
})

describe('a row that cannot be read', () => {
  test.each([
    ['cut off', Y.encodeStateAsUpdate(createDrawing()).subarray(0, 12)],
    ['empty', new Uint8Array()],
    ['not bytes at all', 'lost'],
  ])('%s: is told of and left alone, and the others are loaded and written on', async (_, bytes) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const tab = createTab(1)
    await tab.stored.load()
    tab.draw('before')
    await tab.stored.flush()
    await spoilLog(bytes)
    tab.draw('after')
    tab.stored.rememberRole('editor')
    await tab.stored.close()

    const second = await reload(2)
    expect(second.drawn).toEqual(['after', 'before'])
    expect(second.state).toEqual({ unsent: ['1:1', '1:2'], role: 'editor' })
    expect(second.stored.working).toBe(true)
    expect(warn).toHaveBeenCalledOnce()
    second.draw('later')
    await second.stored.close()
    expect((await reload(3)).drawn).toEqual(['after', 'before', 'later'])
    expect(await countRows()).toBe(4)
  })

  test('is not folded while the document is such that nobody could read what would be written', async () => {
    const tab = await reload(1)
    for (let i = 0; i < 250; i++) tab.draw(`e${i}`)
    // A struct without a length, as a hostile client sends it.
    Y.applyUpdate(tab.doc, Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0), 'server')
    tab.draw('last')
    await tab.stored.flush()
    expect(tab.stored.working).toBe(true)
    await tab.stored.close()
    expect(await countRows()).toBeGreaterThan(250)
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const second = await reload(2)
    expect(second.drawn).toHaveLength(251)
    expect(second.state.unsent).toHaveLength(251)
  })

  test('outlives the folding of the log', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    await spoilLog(new Uint8Array())
    const tab = createTab(1)
    await tab.stored.load()
    for (let i = 0; i < 200; i++) tab.draw(`e${i}`)
    await tab.stored.close()
    const second = await reload(2)
    expect(second.drawn).toHaveLength(200)
    await second.stored.flush()
    expect(await countRows()).toBe(2)
    expect((await reload(3)).drawn).toHaveLength(200)
  })
})

describe('when storage does not work', () => {
  test.each([
    ['missing', undefined],
    [
      'refusing to open',
      {
        open() {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        },
      },
    ],
  ])('%s: the room opens without it and says so', async (_, indexedDB) => {
    vi.stubGlobal('indexedDB', indexedDB)
    const tab = createTab(1)
    expect(await tab.stored.load()).toMatchObject({ unsent: [], role: undefined })
    expect(tab.stored.working).toBe(false)
    expect(tab.changes).toEqual([false])
    tab.draw('x')
    await tab.stored.close()
  })

  test('throwing on mere access: the same', async () => {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB')!
    Object.defineProperty(globalThis, 'indexedDB', {
      configurable: true,
      get() {
        throw new DOMException('Access is denied for this document.', 'SecurityError')
      },
    })
    try {
      const tab = createTab(1)
      expect(await tab.stored.load()).toMatchObject({ unsent: [], role: undefined })
      expect(tab.stored.working).toBe(false)
    } finally {
      Object.defineProperty(globalThis, 'indexedDB', descriptor)
    }
  })

  test.each([
    [
      'at once',
      () => {
        throw new DOMException('No space left.', 'QuotaExceededError')
      },
    ],
    [
      'when the transaction ends',
      function (this: IDBObjectStore) {
        // The row is there already, which shows only when the request is carried out.
        return realAdd.call(this, { place: 'elsewhere', bytes: new Uint8Array() }, 1)
      },
    ],
  ])('a full disk, found %s, shows, and once there is room everything is stored again', async (_, refuse) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = createTab(1)
    await tab.stored.load()
    tab.draw('before')
    await tab.stored.flush()
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(refuse)
    tab.draw('while full')
    await vi.waitFor(() => expect(tab.stored.working).toBe(false))
    tab.draw('still full')
    await vi.advanceTimersByTimeAsync(10_000)
    await tab.stored.flush()
    expect(tab.stored.working).toBe(false)
    add.mockRestore()
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(tab.stored.working).toBe(true))
    tab.draw('after')
    await tab.stored.close()
    const { drawn, state } = await reload(2)
    expect(drawn).toEqual(['after', 'before', 'still full', 'while full'])
    expect(state.unsent).toEqual(['1:1', '1:2', '1:3', '1:4'])
  })

  test('an edit is stored although what is known beside it cannot be', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    tab.draw('x')
    await tab.stored.close()
    expect(tab.stored.working).toBe(false)
    expect(await reload(2)).toMatchObject({ drawn: ['x'], state: { unsent: ['1:1'] } })
  })

  test('what is stored is loaded, and its edits counted, although nothing more can be', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    for (let n = 0; n < 210; n++) tab.draw(`e${n}`)
    await tab.stored.close()
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    const second = await reload(2)
    expect([second.drawn.length, second.state.unsent.length]).toEqual([210, 210])
    await second.stored.flush()
    expect(second.stored.working).toBe(false)
  })

  test('a later write that succeeds does not hide one that failed', async () => {
    const tab = createTab(1)
    await tab.stored.load()
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    tab.draw('lost')
    tab.draw('stored')
    await tab.stored.flush()
    expect(tab.stored.working).toBe(false)
  })

  test('what is drawn while the board is written again follows it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = createTab(1)
    await tab.stored.load()
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    tab.draw('lost at first')
    await vi.waitFor(() => expect(tab.stored.working).toBe(false))
    const written = add.mock.calls.length
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(add.mock.calls.length).toBeGreaterThan(written), { interval: 1 })
    tab.draw('meanwhile')
    await vi.waitFor(() => expect(tab.stored.working).toBe(true))
    await tab.stored.close()
    const { drawn, state } = await reload(2)
    expect([drawn, state.unsent]).toEqual([
      ['lost at first', 'meanwhile'],
      ['1:1', '1:2'],
    ])
  })

  test('a database that somebody deletes is let go, and started again with the whole board', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = createTab(1)
    await tab.stored.load()
    tab.draw('x')
    await tab.stored.flush()
    await new Promise((resolve) => (indexedDB.deleteDatabase('sketchroom').onsuccess = resolve))
    expect(tab.stored.working).toBe(false)
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(tab.stored.working).toBe(true))
    await tab.stored.close()
    expect((await reload(2)).drawn).toEqual(['x'])
  })
})
