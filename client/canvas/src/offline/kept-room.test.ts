import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { openDeviceDatabase } from './device-database.ts'
import type { EditId } from './edit-id.ts'
import { KeptRoom } from './kept-room.ts'
import { KEPT } from './origins.ts'

const PLACE = 'http://board.example/room-1234567890'

const realAdd = IDBObjectStore.prototype.add

const open = new Set<{ kept: KeptRoom }>()

/** A document whose local edits go into a kept room, as a tab's would. */
function createTab(name: string, place = PLACE) {
  const doc = new Y.Doc()
  const made: EditId[] = []
  const changes: boolean[] = []
  const kept: KeptRoom = new KeptRoom({
    place,
    doc,
    unsettled: () => made,
    onChange: () => changes.push(kept.working),
  })
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === KEPT) return
    if (origin === 'server') return kept.keepRemote(update)
    made.push(`${name}:${made.length + 1}`)
    kept.keepEdit(update, made.at(-1)!)
  })
  const tab = { doc, kept, made, changes, draw: (id: string) => doc.getMap('elements').set(id, id) }
  open.add(tab)
  return tab
}

async function reload(name: string, place = PLACE) {
  const tab = createTab(name, place)
  const state = await tab.kept.load()
  return { ...tab, state, drawn: [...tab.doc.getMap('elements').keys()].toSorted() }
}

function createDrawing(): Y.Doc {
  const doc = new Y.Doc()
  doc.getMap('elements').set('spoilt', 'spoilt')
  return doc
}

/** Puts a row into the log that is no update. */
async function spoilLog(bytes: unknown): Promise<void> {
  const database = await openDeviceDatabase(() => {})
  await database.add('updates', { place: PLACE, bytes: bytes as Uint8Array })
  database.close()
}

async function countRows(): Promise<number> {
  const database = await openDeviceDatabase(() => {})
  const count = await database.count('updates')
  database.close()
  return count
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
})

afterEach(async () => {
  await Promise.all([...open].map(({ kept }) => kept.close()))
  open.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('what is kept', () => {
  test('edits and their count come back after a reload', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    for (const id of ['x', 'y', 'z']) tab.draw(id)
    await tab.kept.close()
    const { state, drawn } = await reload('b')
    expect(drawn).toEqual(['x', 'y', 'z'])
    expect(state.edits).toEqual(['a:1', 'a:2', 'a:3'])
  })

  test('an edit survives a tab that dies the moment it was made', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    tab.draw('x')
    // Nobody closes or flushes: the next tab only finds what the transaction left.
    open.delete(tab)
    const { state, drawn } = await reload('b')
    expect([drawn, state.edits]).toEqual([['x'], ['a:1']])
  })

  test('an edit made while the storage still opens is kept too', async () => {
    const tab = createTab('a')
    const loading = tab.kept.load()
    tab.draw('x')
    await loading
    await tab.kept.close()
    expect(await reload('b')).toMatchObject({ drawn: ['x'], state: { edits: ['a:1'] } })
  })

  test('a settled edit is in the drawing, and not in the count, whichever tab settled it', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    for (const id of ['x', 'y']) tab.draw(id)
    tab.kept.settle(['a:1'])
    await tab.kept.close()
    const second = await reload('b')
    expect(second.state.edits).toEqual(['a:2'])
    second.kept.settle(['a:2'])
    await second.kept.close()
    const third = await reload('c')
    expect([third.drawn, third.state.edits]).toEqual([['x', 'y'], []])
  })

  test('what came from the server is kept, and written together', async () => {
    const server = new Y.Doc()
    const tab = createTab('a')
    await tab.kept.load()
    server.on('update', (update: Uint8Array) => Y.applyUpdate(tab.doc, update, 'server'))
    for (const id of ['p', 'q', 'r']) server.getMap('elements').set(id, id)
    await tab.kept.close()
    expect(await countRows()).toBe(1)
    expect(await reload('b')).toMatchObject({ drawn: ['p', 'q', 'r'], state: { edits: [] } })
  })

  test('an edit is written with what it stands on', async () => {
    const server = new Y.Doc()
    server.getMap('elements').set('base', new Y.Map())
    const tab = createTab('a')
    await tab.kept.load()
    Y.applyUpdate(tab.doc, Y.encodeStateAsUpdate(server), 'server')
    ;(tab.doc.getMap('elements').get('base') as Y.Map<unknown>).set('xy', [1, 2])
    open.delete(tab)
    const { doc } = await reload('b')
    expect(doc.getMap('elements').toJSON()).toEqual({ base: { xy: [1, 2] } })
  })

  test('rooms and servers do not mix', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    tab.draw('x')
    tab.kept.rememberRole('editor')
    await tab.kept.close()
    const elsewhere = await reload('b', 'http://other.example/room-1234567890')
    expect([elsewhere.drawn, elsewhere.state]).toEqual([[], { edits: [], role: undefined }])
  })

  test('the role is remembered, and forgotten', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    tab.kept.rememberRole('viewer')
    await tab.kept.close()
    const second = await reload('b')
    expect(second.state.role).toBe('viewer')
    second.kept.rememberRole(undefined)
    await second.kept.close()
    expect((await reload('c')).state.role).toBeUndefined()
  })

  test('a long log is folded into one row, and loses nothing, with two tabs at it', async () => {
    const [one, other] = [createTab('a'), createTab('b')]
    await Promise.all([one.kept.load(), other.kept.load()])
    for (let i = 0; i < 120; i++) {
      one.draw(`one-${i}`)
      other.draw(`other-${i}`)
    }
    await Promise.all([one.kept.flush(), other.kept.flush()])
    expect(await countRows()).toBe(240)
    const [third, fourth] = await Promise.all([reload('c'), reload('d')])
    expect(await countRows()).toBe(1)
    expect(third.drawn).toHaveLength(240)
    expect(fourth.drawn).toHaveLength(240)
    expect(fourth.state.edits).toHaveLength(240)
  })
})

describe('a row that cannot be read', () => {
  test.each([
    ['cut off', Y.encodeStateAsUpdate(createDrawing()).subarray(0, 12)],
    ['empty', new Uint8Array()],
    ['not bytes at all', 'lost'],
  ])('%s: is told of and left alone, and the others are loaded and written on', async (_, bytes) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const tab = createTab('a')
    await tab.kept.load()
    tab.draw('before')
    await tab.kept.flush()
    await spoilLog(bytes)
    tab.draw('after')
    tab.kept.rememberRole('editor')
    await tab.kept.close()

    const second = await reload('b')
    expect(second.drawn).toEqual(['after', 'before'])
    expect(second.state).toEqual({ edits: ['a:1', 'a:2'], role: 'editor' })
    expect(second.kept.working).toBe(true)
    expect(warn).toHaveBeenCalledOnce()
    second.draw('later')
    await second.kept.close()
    expect((await reload('c')).drawn).toEqual(['after', 'before', 'later'])
    expect(await countRows()).toBe(4)
  })

  test('outlives the folding of the log', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    await spoilLog(new Uint8Array())
    const tab = createTab('a')
    await tab.kept.load()
    for (let i = 0; i < 200; i++) tab.draw(`e${i}`)
    await tab.kept.close()
    expect((await reload('b')).drawn).toHaveLength(200)
    expect(await countRows()).toBe(2)
    expect((await reload('c')).drawn).toHaveLength(200)
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
    const tab = createTab('a')
    expect(await tab.kept.load()).toEqual({ edits: [], role: undefined })
    expect(tab.kept.working).toBe(false)
    expect(tab.changes).toEqual([false])
    tab.draw('x')
    await tab.kept.close()
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
      const tab = createTab('a')
      expect(await tab.kept.load()).toEqual({ edits: [], role: undefined })
      expect(tab.kept.working).toBe(false)
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
  ])('a full disk, found %s, shows, and once there is room everything is kept again', async (_, refuse) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = createTab('a')
    await tab.kept.load()
    tab.draw('before')
    await tab.kept.flush()
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(refuse)
    tab.draw('while full')
    await vi.waitFor(() => expect(tab.kept.working).toBe(false))
    tab.draw('still full')
    await vi.advanceTimersByTimeAsync(10_000)
    await tab.kept.flush()
    expect(tab.kept.working).toBe(false)
    add.mockRestore()
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(tab.kept.working).toBe(true))
    tab.draw('after')
    await tab.kept.close()
    const { drawn, state } = await reload('b')
    expect(drawn).toEqual(['after', 'before', 'still full', 'while full'])
    expect(state.edits).toEqual(['a:1', 'a:2', 'a:3', 'a:4'])
  })

  test('an edit is not kept without its count', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    tab.draw('x')
    await tab.kept.close()
    expect(tab.kept.working).toBe(false)
    expect(await reload('b')).toMatchObject({ drawn: [], state: { edits: [] } })
  })

  test('a later write that succeeds does not hide one that failed', async () => {
    const tab = createTab('a')
    await tab.kept.load()
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    tab.draw('lost')
    tab.draw('kept')
    await tab.kept.flush()
    expect(tab.kept.working).toBe(false)
  })

  test('what is drawn while the board is written again follows it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = createTab('a')
    await tab.kept.load()
    const add = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
      throw new DOMException('No space left.', 'QuotaExceededError')
    })
    tab.draw('lost at first')
    await vi.waitFor(() => expect(tab.kept.working).toBe(false))
    const written = add.mock.calls.length
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(add.mock.calls.length).toBe(written + 1), { interval: 1 })
    tab.draw('meanwhile')
    await vi.waitFor(() => expect(tab.kept.working).toBe(true))
    await tab.kept.close()
    const { drawn, state } = await reload('b')
    expect([drawn, state.edits]).toEqual([
      ['lost at first', 'meanwhile'],
      ['a:1', 'a:2'],
    ])
  })

  test('a database that somebody deletes is let go, and started again with the whole board', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const tab = createTab('a')
    await tab.kept.load()
    tab.draw('x')
    await tab.kept.flush()
    await new Promise((resolve) => (indexedDB.deleteDatabase('sketchroom').onsuccess = resolve))
    expect(tab.kept.working).toBe(false)
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(tab.kept.working).toBe(true))
    await tab.kept.close()
    expect((await reload('b')).drawn).toEqual(['x'])
  })
})
