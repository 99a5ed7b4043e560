import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { openDeviceDatabase } from '../device/device-database.ts'
import { removeRoom } from '../device/device-space.ts'
import { storedRooms } from '../device/stored-rooms.ts'
import { isOffline } from './browser-signals.ts'
import { createRoomSession, type RoomSession, type RoomSessionOptions } from './room-session.ts'
import type { SavingStatus } from './saving-status.ts'
import { draw, drawn, waitForStatus } from './testing/drawing.ts'
import { startScriptedServer, type ScriptedServer } from './testing/scripted-server.ts'

let server: ScriptedServer
let roomId: string
let rooms = 0
const ADA = { person: 'ada' }
const open = new Set<RoomSession>()

beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  roomId = `room-${process.pid}-${(rooms += 1)}`
  server = await startScriptedServer(roomId)
})

afterEach(async () => {
  await Promise.all([...open].map((session) => session.close()))
  open.clear()
  await server.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

function join(options: Partial<RoomSessionOptions> = {}): RoomSession & { statuses: SavingStatus[] } {
  const session = createRoomSession({ roomId, serverUrl: server.url, getToken: fetchToken, storage: ADA, ...options })
  open.add(session)
  const statuses: SavingStatus[] = []
  session.subscribe(() => statuses.push(session.status))
  return Object.assign(session, { statuses })
}

/** A token from a server that is reached through the network. */
async function fetchToken(): Promise<string> {
  if (isOffline()) throw new TypeError('fetch failed')
  return 'a token'
}

async function leave(session: RoomSession): Promise<void> {
  open.delete(session)
  await session.close()
}

/** Holds a transaction open, so that everybody else's have to wait. */
async function blockStorage(): Promise<() => Promise<void>> {
  const database = await openDeviceDatabase(server.url)
  const transaction = database.transaction('updates', 'readwrite')
  let blocked = true
  const holding = (async () => {
    while (blocked) await transaction.store.count()
    await transaction.done
    database.close()
  })()
  return () => {
    blocked = false
    return holding
  }
}

/** Makes whoever opens the storage wait: it is being deleted, and a tab still has it open. */
async function blockOpening(): Promise<() => void> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('sketchroom', 2)
    request.onsuccess = () => resolve(request.result)
  })
  indexedDB.deleteDatabase('sketchroom')
  return () => database.close()
}

/** A browser around the session: what it says of the network and of the page. */
function stubBrowser() {
  const navigator = { onLine: true }
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const window = new EventTarget()
  vi.stubGlobal('navigator', navigator)
  vi.stubGlobal('document', document)
  vi.stubGlobal('window', window)
  return {
    offline() {
      navigator.onLine = false
      window.dispatchEvent(new Event('offline'))
    },
    online() {
      navigator.onLine = true
      window.dispatchEvent(new Event('online'))
    },
    show: () => document.dispatchEvent(new Event('visibilitychange')),
  }
}

describe('"saved"', () => {
  test('is said when the server has acknowledged the last edit, and not before', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.holding = true
    draw(session, 'a', 'b', 'c')
    expect(session.status).toEqual({ kind: 'saving', unsent: 3, stored: true })
    await vi.waitFor(() => expect(drawn(server)).toEqual(['a', 'b', 'c']))
    expect(session.status).toEqual({ kind: 'saving', unsent: 3, stored: true })
    server.release()
    await waitForStatus(session, { kind: 'saved' })
  })

  test('is not said after a reconnect while what was drawn offline is not acknowledged', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.holding = true
    server.closeAll(1001, 'shutting_down')
    await waitForStatus(session, { kind: 'connecting' })
    draw(session, ...Array.from({ length: 20 }, (_, index) => `e${index}`))
    await waitForStatus(session, { kind: 'saving', unsent: 20 })
    await vi.waitFor(() => expect(drawn(server)).toHaveLength(20))
    expect(session.status).toEqual({ kind: 'saving', unsent: 20, stored: true })
    server.release()
    await waitForStatus(session, { kind: 'saved' })
  })

  test('is not said of an edit whose connection ended before the answer', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.holding = true
    draw(session, 'a')
    await vi.waitFor(() => expect(drawn(server)).toEqual(['a']))
    server.closeAll(1001, 'shutting_down')
    await waitForStatus(session, { kind: 'connecting', unsent: 1 })
    await waitForStatus(session, { kind: 'saving', unsent: 1 })
  })

  test('is not said of a refused edit; comparing again mends it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.refusing = true
    draw(session, 'a')
    await vi.waitFor(() => expect(server.refused).toBe(1))
    expect(session.status).toEqual({ kind: 'saving', unsent: 1, stored: true })
    server.refusing = false
    await vi.advanceTimersByTimeAsync(6_000)
    await waitForStatus(session, { kind: 'saved' })
    expect(drawn(server)).toEqual(['a'])
  })

  test('is not asked for again and again while the store fails', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.refusing = true
    draw(session, 'a')
    await vi.waitFor(() => expect(server.refused).toBe(1))
    server.notify({ type: 'store', state: 'failing' })
    await waitForStatus(session, { kind: 'store-failing', unsent: 1 })
    const { compared } = server
    await vi.advanceTimersByTimeAsync(60_000)
    server.notify({ type: 'store', state: 'ok' })
    await waitForStatus(session, { kind: 'saving', unsent: 1 })
    expect(server.compared).toBe(compared)
    server.refusing = false
    await vi.advanceTimersByTimeAsync(6_000)
    await waitForStatus(session, { kind: 'saved' })
  })

  test('comes although the answer to who has drawn nothing was refused', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    server.refusing = true
    const session = join()
    await vi.waitFor(() => expect(server.refused).toBe(1))
    await waitForStatus(session, { kind: 'connecting', unsent: 0 })
    server.refusing = false
    await vi.advanceTimersByTimeAsync(6_000)
    await waitForStatus(session, { kind: 'saved' })
  })

  test('is not said while the store fails, even when nothing waits', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.notify({ type: 'store', state: 'failing' })
    await waitForStatus(session, { kind: 'store-failing', unsent: 0 })
    server.notify({ type: 'store', state: 'ok' })
    await waitForStatus(session, { kind: 'saved' })
  })

  test('is never said to a viewer, and a viewer who may draw again is saved', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.notify({ type: 'role', role: 'viewer' })
    await waitForStatus(session, { kind: 'read-only', unsent: 0 })
    expect(session.role).toBe('viewer')
    server.notify({ type: 'role', role: 'editor' })
    await waitForStatus(session, { kind: 'saved' })
  })

  test('listeners hear each change once, and the status is the same object in between', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    const before = session.status
    server.beat()
    server.notify({ type: 'store', state: 'ok' })
    draw(session, 'a')
    await waitForStatus(session, { kind: 'saved' })
    expect(session.statuses.slice(session.statuses.indexOf(before))).toEqual([
      { kind: 'saved' },
      { kind: 'saving', unsent: 1, stored: true },
      { kind: 'saved' },
    ])
  })
})

describe('across a reload', () => {
  test('twelve edits drawn offline are counted after a reload, saved when the server is back, and then gone', async () => {
    const browser = stubBrowser()
    const first = join()
    await waitForStatus(first, { kind: 'saved' })
    browser.offline()
    expect(first.status).toEqual({ kind: 'offline', unsent: 0, stored: true })
    draw(first, ...Array.from({ length: 12 }, (_, index) => `e${index}`))
    expect(first.status).toEqual({ kind: 'offline', unsent: 12, stored: true })
    await leave(first)

    const second = join()
    await second.localLoaded
    expect(second.status).toEqual({ kind: 'offline', unsent: 12, stored: true })
    expect(second.doc.getMap('elements').size).toBe(12)
    expect(second.role).toBe('editor')
    browser.online()
    await waitForStatus(second, { kind: 'saved' })
    expect(drawn(server)).toHaveLength(12)
    await leave(second)

    browser.offline()
    const third = join()
    await third.localLoaded
    expect(third.status).toEqual({ kind: 'offline', unsent: 0, stored: true })
  })

  test('edits drawn offline reach the server although a row beside them cannot be read', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const browser = stubBrowser()
    browser.offline()
    const first = join()
    await first.localLoaded
    draw(first, 'a')
    await leave(first)
    const database = await openDeviceDatabase(server.url)
    await database.add('updates', { place: [server.url, 'ada', roomId], bytes: new Uint8Array() })
    database.close()

    const second = join()
    await second.localLoaded
    draw(second, 'b')
    expect(second.status).toEqual({ kind: 'offline', unsent: 2, stored: true })
    browser.online()
    await waitForStatus(second, { kind: 'saved' })
    expect(drawn(server)).toEqual(['a', 'b'])
  })

  test('storage that answers late does not keep the board closed, and what it held is saved in the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const browser = stubBrowser()
    browser.offline()
    const first = join()
    await first.localLoaded
    draw(first, 'stored')
    await leave(first)

    const unblock = await blockStorage()
    browser.online()
    const second = join()
    await vi.advanceTimersByTimeAsync(4_000)
    await waitForStatus(second, { kind: 'saved' })
    server.holding = true
    const before = server.writes
    draw(second, 'new')
    await unblock()
    await waitForStatus(second, { kind: 'saving', unsent: 2 })
    draw(second, 'newer')
    await vi.waitFor(() => expect(drawn(server)).toEqual(['new', 'newer']))
    // What was stored waits for the documents to be compared: it may be a whole board that the server has.
    expect(server.writes - before).toBe(2)
    server.release()
    await vi.advanceTimersByTimeAsync(6_000)
    await waitForStatus(second, { kind: 'saved' })
    expect(drawn(server)).toEqual(['new', 'newer', 'stored'])
  })

  test('while the storage does not open nothing is called stored, and all is stored when it does', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const browser = stubBrowser()
    browser.offline()
    const unblock = await blockOpening()
    const session = join()
    draw(session, 'a')
    await vi.advanceTimersByTimeAsync(4_000)
    await waitForStatus(session, { kind: 'offline', unsent: 1, stored: false })
    draw(session, 'b')
    unblock()
    await waitForStatus(session, { kind: 'offline', unsent: 2, stored: true })
    await leave(session)

    const later = join()
    await later.localLoaded
    expect(later.status).toEqual({ kind: 'offline', unsent: 2, stored: true })
    expect(later.doc.getMap('elements').size).toBe(2)
  })

  test('without storage it says that nothing is stored, and counts all the same', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const browser = stubBrowser()
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    browser.offline()
    draw(session, 'a', 'b')
    expect(session.status).toEqual({ kind: 'offline', unsent: 2, stored: false })
    browser.online()
    await waitForStatus(session, { kind: 'saved' })
    expect(drawn(server)).toEqual(['a', 'b'])
  })

  test('without storage nothing is called stored while the server cannot save, turns it away or lets it only look', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.holding = true
    draw(session, 'a')
    expect(session.status).toEqual({ kind: 'saving', unsent: 1, stored: false })
    server.notify({ type: 'store', state: 'failing' })
    await waitForStatus(session, { kind: 'store-failing', unsent: 1, stored: false })
    server.notify({ type: 'role', role: 'viewer' })
    await waitForStatus(session, { kind: 'read-only', unsent: 1, stored: false })
    server.closeAll(4410, 'room_deleted')
    await waitForStatus(session, { kind: 'no-access', unsent: 1, stored: false })
  })
})

describe('a board that a hostile client has damaged', () => {
  test('shows what can be read, says that it is not all, and takes and stores what is drawn', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    draw(server, 'a', 'b')
    // A struct without a length: who has it can write it, and nobody can read that.
    Y.applyUpdate(server.doc, Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0))
    const session = join()
    await session.firstSync
    await waitForStatus(session, { kind: 'damaged', unsent: 0, stored: true })
    expect(drawn(session)).toEqual(['a', 'b'])
    expect(error).toHaveBeenCalled()

    draw(session, 'mine')
    await vi.waitFor(() => expect(drawn(server)).toEqual(['a', 'b', 'mine']))
    await waitForStatus(session, { kind: 'damaged', unsent: 0 })
    // What comes later, sound or not, ends nothing either.
    server.tell(Uint8Array.of(9, 9, 9))
    server.holding = true
    draw(session, 'later')
    await waitForStatus(session, { kind: 'damaged', unsent: 1, stored: true })
    await leave(session)
    await server.stop()
    const again = join()
    await waitForStatus(again, { kind: 'offline', unsent: 1, stored: true })
    expect(drawn(again)).toEqual(['a', 'b', 'later', 'mine'])
  })
})

describe('a board that is not on this device', () => {
  const list = () => storedRooms({ serverUrl: server.url, ...ADA }).list()

  test('says so without the server, in a session that has seen nothing of it, and is there when the server is', async () => {
    const browser = stubBrowser()
    const first = join()
    await waitForStatus(first, { kind: 'saved' })
    draw(first, 'a')
    await waitForStatus(first, { kind: 'saved' })
    await leave(first)
    browser.offline()
    const here = join()
    await here.localLoaded
    expect(here.status).toEqual({ kind: 'offline', unsent: 0, stored: true })
    await leave(here)

    // It had to make room for others.
    const database = await openDeviceDatabase(server.url)
    await removeRoom(database, [server.url, 'ada', roomId])
    database.close()
    for (let visit = 0; visit < 2; visit++) {
      const gone = join()
      await gone.localLoaded
      expect(gone.status).toEqual({ kind: 'not-here', unsent: 0, stored: true })
      await leave(gone)
      expect(await list()).toEqual([])
    }
    const again = join()
    await waitForStatus(again, { kind: 'not-here' })
    browser.online()
    await waitForStatus(again, { kind: 'saved' })
    expect(drawn(again)).toEqual(['a'])
    await vi.waitFor(async () => expect(await list()).toHaveLength(1))
  })

  test('is one of which nothing had come when the line broke; an empty one that had come is here', async () => {
    const browser = stubBrowser()
    server.silentAbout = 'step2'
    const first = join()
    await vi.waitFor(() => expect(first.role).toBe('editor'))
    browser.offline()
    await waitForStatus(first, { kind: 'not-here' })
    await leave(first)
    const second = join()
    await second.localLoaded
    expect([second.role, second.status.kind]).toEqual([undefined, 'not-here'])
    server.silentAbout = undefined
    browser.online()
    await waitForStatus(second, { kind: 'saved' })
    await leave(second)
    browser.offline()
    const third = join()
    await third.localLoaded
    expect([third.role, third.status.kind]).toEqual(['editor', 'offline'])
  })

  test('is here when another tab has it', async () => {
    const browser = stubBrowser()
    const one = join()
    await waitForStatus(one, { kind: 'saved' })
    draw(one, 'a')
    await waitForStatus(one, { kind: 'saved' })
    browser.offline()
    const database = await openDeviceDatabase(server.url)
    await removeRoom(database, [server.url, 'ada', roomId])
    database.close()
    const other = join()
    await waitForStatus(other, { kind: 'offline' })
    expect(other.doc.getMap('elements').size).toBe(1)
  })
})

describe('two tabs', () => {
  test('count together, and neither says "saved" while the other waits', async () => {
    const [one, other] = [join(), join()]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    server.holding = true
    draw(one, 'a')
    draw(other, 'b', 'c')
    await Promise.all([one, other].map((tab) => waitForStatus(tab, { kind: 'saving', unsent: 3 })))
    server.release()
    await Promise.all([one, other].map((tab) => waitForStatus(tab, { kind: 'saved' })))
    expect(drawn(server)).toEqual(['a', 'b', 'c'])
  })

  test('pass edits on without a network; the tab that stays brings them to the server', async () => {
    const browser = stubBrowser()
    browser.offline()
    const [one, other] = [join(), join()]
    await Promise.all([one.localLoaded, other.localLoaded])
    draw(one, 'a', 'b')
    await vi.waitFor(() => expect(other.doc.getMap('elements').size).toBe(2))
    expect(other.status).toEqual({ kind: 'offline', unsent: 2, stored: true })
    await leave(one)
    browser.online()
    await waitForStatus(other, { kind: 'saved' })
    expect(drawn(server)).toEqual(['a', 'b'])
    await leave(other)
    browser.offline()
    const later = join()
    await later.localLoaded
    expect(later.status).toEqual({ kind: 'offline', unsent: 0, stored: true })
  })

  test('an edit is sent by the tab that made it, once', async () => {
    const [one, other] = [join(), join()]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    const before = server.writes
    server.holding = true
    draw(one, 'a')
    await waitForStatus(other, { kind: 'saving', unsent: 1 })
    draw(other, 'b')
    await waitForStatus(one, { kind: 'saving', unsent: 2 })
    await vi.waitFor(() => expect(drawn(server)).toEqual(['a', 'b']))
    server.release()
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    expect(server.writes - before).toBe(2)
  })

  test('when a tab goes away with an edit on its lips, the other one sees to it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const [one, other] = [join(), join()]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    server.refusing = true
    draw(one, 'a')
    await waitForStatus(other, { kind: 'saving', unsent: 1 })
    await vi.waitFor(() => expect(server.refused).toBe(1))
    await leave(one)
    server.refusing = false
    await vi.advanceTimersByTimeAsync(6_000)
    await waitForStatus(other, { kind: 'saved' })
    expect(drawn(server)).toEqual(['a'])
  })
})

test('nobody is told under which number one is going to draw', async () => {
  const session = join()
  await waitForStatus(session, { kind: 'saved' })
  expect(session.awareness.clientID).not.toBe(session.doc.clientID)
  expect(session.awareness.getStates().has(session.doc.clientID)).toBe(false)
})

describe('a board that the person has let go of', () => {
  test('does not come back from a tab that still has it open', async () => {
    const browser = stubBrowser()
    browser.offline()
    const [one, other] = [join(), join()]
    await Promise.all([one.localLoaded, other.localLoaded])
    draw(one, 'a')
    await vi.waitFor(() => expect(other.doc.getMap('elements').size).toBe(1))
    await leave(one)
    const stored = storedRooms({ serverUrl: server.url, ...ADA })
    await stored.discard(roomId)
    await other.discarded
    expect(other.status).toMatchObject({ stored: false })
    draw(other, 'b')
    const fresh = join()
    await fresh.localLoaded
    draw(fresh, 'c')
    const third = join()
    await third.localLoaded
    // The third has heard the second, and would have heard the other.
    await vi.waitFor(() => expect(drawn(third)).toEqual(['c']))
    expect(fresh.doc.getMap('elements').size).toBe(1)
    expect(await stored.list()).toMatchObject([{ unsent: 1 }])
  })

  test('is not sent by a tab that still has it open, not even when the server would take it the next moment', async () => {
    const [one, other] = [join(), join()]
    await Promise.all([one, other].map((tab) => waitForStatus(tab, { kind: 'saved' })))
    server.notify({ type: 'role', role: 'viewer' })
    await Promise.all([one, other].map((tab) => waitForStatus(tab, { kind: 'read-only' })))
    draw(other, 'refused')
    await waitForStatus(one, { kind: 'read-only', unsent: 1 })
    const discarding = storedRooms({ serverUrl: server.url, ...ADA }).discard(roomId)
    await Promise.all([one.discarded, other.discarded])
    server.notify({ type: 'role', role: 'editor' })
    await discarding
    const fresh = join()
    await waitForStatus(fresh, { kind: 'saved' })
    expect([drawn(server), fresh.doc.getMap('elements').size]).toEqual([[], 0])
    await vi.waitFor(() => expect(server.clients).toBe(1))
  })
})

describe('tokens', () => {
  test('a rejected token is tried once more with a fresh one', async () => {
    let issued = 0
    server.doorman = (token) => (token === 'token 1' ? { code: 4401, reason: 'unauthenticated' } : undefined)
    const session = join({ getToken: async () => `token ${(issued += 1)}` })
    await waitForStatus(session, { kind: 'saved' })
    expect(server.tokens).toEqual(['token 1', 'token 2'])
  })

  test('whoever keeps tokens is told that the last one was refused, until there is another', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    server.doorman = (token) => (token === 'stale' ? { code: 4401, reason: 'unauthenticated' } : undefined)
    const asked: boolean[] = []
    const session = join({
      getToken: async ({ refused }) => {
        asked.push(refused)
        if (asked.length === 2) throw new TypeError('fetch failed')
        return refused ? 'fresh' : 'stale'
      },
    })
    await waitForStatus(session, { kind: 'saved' })
    expect(asked).toEqual([false, true, true])
    server.closeAll(1012, '')
    server.doorman = () => undefined
    await vi.waitFor(() => expect(asked).toEqual([false, true, true, false]))
  })

  test.each([
    [4401, 'unauthenticated'],
    [4403, 'forbidden'],
    [4404, 'not_found'],
  ] as const)('rejected with %i twice, it says "no access" and leaves the server alone', async (code, reason) => {
    server.doorman = () => ({ code, reason })
    const session = join()
    await waitForStatus(session, { kind: 'no-access', reason, unsent: 0 })
    expect(server.tokens).toHaveLength(2)
    expect(session.role).toBeUndefined()
    await vi.waitFor(() => expect(server.clients).toBe(0))
  })

  test('access that ends on a live connection shows at once, and what was not saved stays counted', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.holding = true
    draw(session, 'a')
    server.doorman = () => ({ code: 4403, reason: 'forbidden' })
    server.closeAll(4403, 'forbidden')
    await waitForStatus(session, { kind: 'no-access', reason: 'forbidden', unsent: 1 })
    server.doorman = () => undefined
    session.reconnect()
    await waitForStatus(session, { kind: 'saving', unsent: 1 })
  })

  test('let in and thrown out again, it says "no access" after the second time, and leaves the server alone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    server.throwingOut = { code: 4403, reason: 'forbidden' }
    const session = join()
    await waitForStatus(session, { kind: 'no-access', reason: 'forbidden' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.tokens).toHaveLength(2)
  })

  test('a deleted room is given up at once', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.closeAll(4410, 'room_deleted')
    await waitForStatus(session, { kind: 'no-access', reason: 'room_deleted' })
    expect(server.tokens).toHaveLength(1)
  })

  test('a token that cannot be fetched means offline, and trying again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    let online = false
    const session = join({
      getToken: async () => {
        if (!online) throw new TypeError('fetch failed')
        return 'a token'
      },
    })
    await waitForStatus(session, { kind: 'not-here', unsent: 0 })
    expect(server.openedAt).toHaveLength(0)
    online = true
    await waitForStatus(session, { kind: 'saved' })
  })

  test('a token that is refused where it is fetched means no access', async () => {
    const getToken = vi.fn<() => Promise<string>>(() =>
      Promise.reject(Object.assign(new Error('Sign in.'), { code: 'unauthenticated' })),
    )
    const session = join({ getToken })
    await waitForStatus(session, { kind: 'no-access', reason: 'unauthenticated' })
    expect(getToken).toHaveBeenCalledTimes(2)
  })

  test('a fresh token is handed over when the server asks; one that cannot be fetched ends nothing', async () => {
    let issued = 0
    const session = join({
      getToken: async () => {
        issued += 1
        if (issued === 2) throw new TypeError('fetch failed')
        return `token ${issued}`
      },
    })
    await waitForStatus(session, { kind: 'saved' })
    server.askForToken()
    await vi.waitFor(() => expect(issued).toBe(2))
    server.askForToken()
    await vi.waitFor(() => expect(server.tokens).toEqual(['token 1', 'token 3']))
    expect(server.openedAt).toHaveLength(1)
    expect(session.status).toEqual({ kind: 'saved' })
  })

  test('what is drawn after a renewal that failed is sent at once', async () => {
    // The comparison of the documents every few seconds would bring it too: it is switched off.
    vi.stubGlobal('setInterval', () => 0)
    const getToken = vi.fn<() => Promise<string>>(() => Promise.reject(new TypeError('fetch failed')))
    getToken.mockResolvedValueOnce('token 1')
    const session = join({ getToken })
    await waitForStatus(session, { kind: 'saved' })
    server.askForToken()
    await vi.waitFor(() => expect(getToken).toHaveBeenCalledTimes(2))
    draw(session, 'a')
    await vi.waitFor(() => expect(drawn(server)).toEqual(['a']))
    expect(server.openedAt).toHaveLength(1)
  })

  test('a renewal that failed is tried again without being asked, until it succeeds', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    let issued = 0
    const session = join({
      getToken: async () => {
        issued += 1
        if (issued === 2 || issued === 3) throw new TypeError('fetch failed')
        return `token ${issued}`
      },
    })
    await waitForStatus(session, { kind: 'saved' })
    server.askForToken()
    await vi.waitFor(() => expect(server.tokens).toEqual(['token 1', 'token 4']))
    expect(server.openedAt).toHaveLength(1)
    expect(session.status).toEqual({ kind: 'saved' })
  })

  test('a renewal that failed is not tried again on the next connection, which brings a token of its own', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    let issued = 0
    const session = join({
      getToken: async () => {
        issued += 1
        if (issued === 2) throw new TypeError('fetch failed')
        return `token ${issued}`
      },
    })
    await waitForStatus(session, { kind: 'saved' })
    server.askForToken()
    await vi.waitFor(() => expect(issued).toBe(2))
    server.closeAll(4401, 'unauthenticated')
    await waitForStatus(session, { kind: 'connecting' })
    await vi.advanceTimersByTimeAsync(0)
    await waitForStatus(session, { kind: 'saved' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(session.status).toEqual({ kind: 'saved' })
    expect(issued).toBe(3)
  })
})

describe('the connection', () => {
  test.each([
    [1001, 'shutting_down'],
    [4503, 'store_unavailable'],
    [4529, 'rate_limited'],
    [1011, 'internal'],
  ])('closed with %i, it comes back by itself', async (code, reason) => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    const dropped = Date.now()
    server.closeAll(code, reason)
    await vi.waitFor(() => expect(server.openedAt).toHaveLength(2))
    expect(server.openedAt[1]! - dropped).toBeGreaterThanOrEqual(190)
    await waitForStatus(session, { kind: 'saved' })
    expect(server.clients).toBe(1)
  })

  test('a server whose store cannot read the room says so all the while, until it can', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    server.unreadable = true
    const session = join()
    await vi.waitFor(() => expect(server.openedAt.length).toBeGreaterThan(2))
    const kinds = session.statuses.map(({ kind }) => kind)
    expect(kinds.slice(kinds.indexOf('store-failing'))).toEqual(['store-failing'])
    server.unreadable = false
    await waitForStatus(session, { kind: 'saved' })
  })

  test.for(['room_crowded', 'too_many_connections'])(
    'where there is no place left (%s), it says so as long as that lasts, and then comes in',
    async (reason) => {
      vi.spyOn(Math, 'random').mockReturnValue(0)
      server.throwingOut = { code: 4529, reason }
      const session = join()
      await vi.waitFor(() => expect(server.openedAt.length).toBeGreaterThan(2))
      const kinds = session.statuses.map(({ kind }) => kind)
      expect(kinds.slice(kinds.indexOf('crowded'))).toEqual(['crowded'])
      server.throwingOut = undefined
      await waitForStatus(session, { kind: 'saved' })
    },
  )

  test('a refusal because the store fails says so too; without a network it is not', async () => {
    const browser = stubBrowser()
    server.doorman = () => ({ code: 4503, reason: 'store_unavailable' })
    const session = join()
    await waitForStatus(session, { kind: 'store-failing', unsent: 0, stored: true })
    browser.offline()
    await waitForStatus(session, { kind: 'not-here' })
  })

  test('a crowd that was dropped does not come back at once', async () => {
    const sessions = Array.from({ length: 20 }, () => join({ storage: 'none' }))
    await Promise.all(sessions.map((session) => waitForStatus(session, { kind: 'saved' })))
    server.closeAll(1001, 'shutting_down')
    await vi.waitFor(() => expect(server.openedAt).toHaveLength(40))
    const comeback = server.openedAt.slice(20)
    expect(Math.max(...comeback) - Math.min(...comeback)).toBeGreaterThan(700)
    expect(server.clients).toBe(20)
  })

  test('an offline browser drops the socket at once, and an online one tries at once', async () => {
    const browser = stubBrowser()
    const getToken = vi.fn<() => Promise<string>>(fetchToken)
    const session = join({ getToken })
    await waitForStatus(session, { kind: 'saved' })
    browser.offline()
    expect(session.status).toEqual({ kind: 'offline', unsent: 0, stored: true })
    await vi.waitFor(() => expect(server.clients).toBe(0))
    expect(server.openedAt).toHaveLength(1)
    const before = getToken.mock.calls.length
    browser.online()
    expect(getToken).toHaveBeenCalledTimes(before + 1)
    await waitForStatus(session, { kind: 'saved' })
    expect(server.openedAt).toHaveLength(2)
  })

  test('a browser that says "offline" asks a server on the same machine, at once and then seldom', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const browser = stubBrowser()
    const session = join({ getToken: async () => 'a token' })
    await waitForStatus(session, { kind: 'saved' })
    browser.offline()
    expect(session.status).toMatchObject({ kind: 'offline' })
    await waitForStatus(session, { kind: 'saved' })
    draw(session, 'a')
    await waitForStatus(session, { kind: 'saved' })
    expect(drawn(server)).toEqual(['a'])

    server.closeAll(1001, 'shutting_down')
    await waitForStatus(session, { kind: 'offline' })
    await vi.advanceTimersByTimeAsync(25_000)
    expect(server.openedAt).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(5_000)
    await waitForStatus(session, { kind: 'saved' })
    expect(session.statuses.slice(-3).map(({ kind }) => kind)).toEqual(['offline', 'connecting', 'saved'])
  })

  test('a page that is shown again does not wait for the next retry, which is called off', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const browser = stubBrowser()
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.closeAll(1001, 'shutting_down')
    await waitForStatus(session, { kind: 'connecting' })
    browser.show()
    await waitForStatus(session, { kind: 'saved' })
    expect(server.openedAt).toHaveLength(2)
    browser.show()
    session.reconnect()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(session.status).toEqual({ kind: 'saved' })
    expect(server.openedAt).toHaveLength(2)
  })

  test('a server that never answers is given up and asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
    server.silent = true
    const session = join({ storage: 'none' })
    await vi.waitFor(() => expect(server.openedAt).toHaveLength(1))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(session.status).toEqual({ kind: 'not-here', unsent: 0, stored: false })
    server.silent = false
    await vi.advanceTimersByTimeAsync(2_000)
    await vi.waitFor(() => expect(session.status).toEqual({ kind: 'saved' }))
    expect(server.openedAt).toHaveLength(2)
  })

  test('a line on which nothing is heard is given up after 35 seconds, and another one is made', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const session = join({ storage: 'none' })
    await vi.waitFor(() => expect(session.status).toEqual({ kind: 'saved' }))
    await vi.advanceTimersByTimeAsync(30_000)
    const heard = vi.spyOn(session.awareness, 'setLocalState')
    server.beat()
    // The heartbeat renews who is here: so it has been heard.
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    await vi.advanceTimersByTimeAsync(30_000)
    expect(server.openedAt).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(server.openedAt).toHaveLength(2))
    await vi.waitFor(() => expect(session.status).toEqual({ kind: 'saved' }))
    expect(server.clients).toBe(1)
  })

  test('a heartbeat renews this tab in the eyes of the others, whose patience is 30 seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const session = join({ storage: 'none' })
    await waitForStatus(session, { kind: 'saved' })
    const clock = () => session.awareness.meta.get(session.awareness.clientID)!.clock
    const before = clock()
    vi.setSystemTime(Date.now() + 15_000)
    server.beat()
    await vi.waitFor(() => expect(clock()).toBe(before + 1))
  })

  test('closing ends the socket, the timers and the listeners, twice if need be', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const browser = stubBrowser()
    const session = join()
    await vi.waitFor(() => expect(session.status).toEqual({ kind: 'saved' }))
    draw(session, 'a')
    await Promise.all([session.close(), session.close()])
    await vi.waitFor(() => expect(server.clients).toBe(0))
    expect(drawn(server)).toEqual(['a'])
    expect(vi.getTimerCount()).toBe(0)
    browser.online()
    session.reconnect()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.openedAt).toHaveLength(1)
  })

  test('closing before anything is loaded leaves nothing behind', async () => {
    const getToken = vi.fn<() => Promise<string>>(async () => 'a token')
    const session = join({ getToken })
    await leave(session)
    await session.localLoaded
    await new Promise((resolve) => setImmediate(resolve))
    expect(getToken).not.toHaveBeenCalled()
    expect(server.openedAt).toHaveLength(0)
  })
})

describe('what is large', () => {
  const LARGE = 99_990

  /** Draws texts of random words, that no encoding makes small. */
  function paste(session: RoomSession, count: number, name: string): void {
    session.doc.transact(() => {
      for (let index = 0; index < count; index++) draw(session, `${name}-${index}-${'x'.repeat(LARGE)}`)
    })
  }

  test('18 MB drawn offline go up in pieces, and it is said how far they are', async () => {
    const browser = stubBrowser()
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    browser.offline()
    for (const name of ['one', 'two', 'three']) paste(session, 30, name)
    expect(session.status).toEqual({ kind: 'offline', unsent: 3, stored: true })
    browser.online()
    await waitForStatus(session, { kind: 'saved' })
    expect(drawn(server)).toHaveLength(90)
    // A text of 100,000 characters, twice, is more than a piece, and cannot be cut.
    expect(server.largest).toBeLessThan(210_000)
    const seen = session.statuses.flatMap((status) =>
      'progress' in status && status.progress ? [status.progress] : [],
    )
    expect(new Set(seen.map(({ done }) => done)).size).toBeGreaterThan(50)
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).toSorted((a, b) => a - b))
    expect(new Set(seen.map(({ total }) => total)).size).toBe(1)
    const unsent = session.statuses.flatMap((status) => (status.kind === 'saving' ? [status.unsent] : []))
    expect([...new Set(unsent)]).toEqual([3, 2, 1])
  }, 60_000)

  test('one paste of it online goes up in pieces, too; what is drawn after it comes after it', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    paste(session, 90, 'one')
    draw(session, 'small')
    await waitForStatus(session, { kind: 'saved' })
    expect(drawn(server)).toHaveLength(91)
    expect(server.largest).toBeLessThan(210_000)
    expect(server.refused).toBe(0)
  }, 60_000)

  test('a connection that ends half way goes on where it was', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const browser = stubBrowser()
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    browser.offline()
    paste(session, 30, 'one')
    server.holding = true
    browser.online()
    await vi.waitFor(() => expect(server.writes).toBeGreaterThan(2))
    server.release()
    await vi.waitFor(() => expect(drawn(server).length).toBeGreaterThan(10), { interval: 1 })
    const there = drawn(server).length
    server.closeAll(1001, 'shutting_down')
    const before = server.bytes
    await waitForStatus(session, { kind: 'saved' })
    expect(drawn(server)).toHaveLength(30)
    // But for what was on its way.
    expect(server.bytes - before).toBeLessThan((30 - there + 4) * 2.1 * LARGE)
  }, 60_000)

  test('a drawing that comes down says how far it is', async () => {
    server.welcome = { ...server.welcome, bytes: 1_000_000 }
    server.silentAbout = 'step2'
    const session = join()
    const other = new Y.Doc()
    other.getMap('elements').set('x', 'x'.repeat(300_000))
    await vi.waitFor(() => expect(server.clients).toBe(1))
    await vi.waitFor(() => expect(session.role).toBe('editor'))
    server.tell(Y.encodeStateAsUpdate(other))
    await vi.waitFor(() => expect(session.doc.getMap('elements').size).toBe(1))
    // What has come is in the document although more is to come.
    expect(session.status).toMatchObject({ kind: 'connecting', progress: { total: 1_000_000 } })
    const { progress } = session.status as { progress: { done: number } }
    expect(Math.round(progress.done / 10_000)).toBe(30)
  })
})

describe('versions', () => {
  test('a server that speaks to newer clients only says so once, and is left alone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.closeAll(4426, 'client_outdated')
    await waitForStatus(session, { kind: 'outdated', unsent: 0, stored: true })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.openedAt).toHaveLength(1)
  })

  test.each([
    ['older than this client knows', { protocol: 0 }],
    ['that knows only newer clients', { oldest: 99, protocol: 99 }],
  ])('a server %s is sent nothing', async (_, version) => {
    server.welcome = { ...server.welcome, ...version }
    const session = join()
    draw(session, 'a')
    await waitForStatus(session, { kind: 'outdated', unsent: 1 })
    expect(server.writes).toBe(0)
  })

  test('a board of a newer version is outdated, whatever else is true of it', async () => {
    server.doc.getMap('meta').set('schema', 99)
    const session = join()
    await waitForStatus(session, { kind: 'outdated' })
    expect(session.doc.getMap('meta').get('schema')).toBe(99)
  })

  test('the server is told which version this is', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    expect(server.urls).toEqual([`/sync?v=1&room=${roomId}`])
  })
})

describe('what the view holds', () => {
  test('counts as unsent until it is written', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    session.setUnwritten(true)
    expect(session.status).toEqual({ kind: 'saving', unsent: 1, stored: true })
    draw(session, 'a')
    await vi.waitFor(() => expect(drawn(server)).toEqual(['a']))
    session.setUnwritten(false)
    await waitForStatus(session, { kind: 'saved' })
  })
})

describe('what a viewer draws', () => {
  test('is not sent, and goes out the moment that they may draw', async () => {
    vi.stubGlobal('setInterval', () => 0)
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.notify({ type: 'role', role: 'viewer' })
    await waitForStatus(session, { kind: 'read-only' })
    const before = server.writes
    draw(session, 'a')
    server.beat()
    server.notify({ type: 'store', state: 'ok' })
    server.notify({ type: 'role', role: 'editor' })
    await waitForStatus(session, { kind: 'saved' })
    expect([drawn(server), server.writes - before]).toEqual([['a'], 1])
  })

  test('brings the drawing down once, also when they come back as an editor', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.notify({ type: 'role', role: 'viewer' })
    await waitForStatus(session, { kind: 'read-only' })
    server.closeAll(1001, 'shutting_down')
    await waitForStatus(session, { kind: 'saved' })
    expect([server.openedAt.length, server.compared]).toEqual([2, 2])
  })
})

describe('an edit that only deletes', () => {
  test('is unsent until the server has it, and after a reload', async () => {
    const browser = stubBrowser()
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    draw(session, 'a', 'b')
    await waitForStatus(session, { kind: 'saved' })
    browser.offline()
    session.doc.getMap('elements').delete('a')
    expect(session.status).toEqual({ kind: 'offline', unsent: 1, stored: true })
    await leave(session)
    const later = join()
    await later.localLoaded
    expect(later.status).toEqual({ kind: 'offline', unsent: 1, stored: true })
    browser.online()
    await waitForStatus(later, { kind: 'saved' })
    expect(drawn(server)).toEqual(['b'])
  })
})

describe('whose device it is', () => {
  /** A token as the server makes them, as far as a client looks into it. */
  const tokenOf = (sub: string) => `head.${btoa(JSON.stringify({ sub, name: sub }))}.signature`
  const byToken = (sub: string) => ({ storage: undefined, getToken: async () => tokenOf(sub) })
  const offline = { getToken: () => Promise.reject(new TypeError('fetch failed')) }

  test('of one person’s board and edits another sees nothing and sends nothing', async () => {
    const ada = join(offline)
    await ada.localLoaded
    draw(ada, 'secret')
    await leave(ada)
    const bob = join({ storage: { person: 'bob' } })
    await bob.localLoaded
    expect(bob.doc.getMap('elements').size).toBe(0)
    await waitForStatus(bob, { kind: 'saved' })
    expect(drawn(server)).toEqual([])
    const again = join()
    await waitForStatus(again, { kind: 'saved' })
    expect(drawn(server)).toEqual(['secret'])
  })

  test('two people with the same board open in one browser tell each other nothing but through the server', async () => {
    const [ada, bob, adasOther] = [join(offline), join({ ...offline, storage: { person: 'bob' } }), join(offline)]
    await Promise.all([ada, bob, adasOther].map(({ localLoaded }) => localLoaded))
    draw(ada, 'secret')
    await vi.waitFor(() => expect(adasOther.doc.getMap('elements').size).toBe(1))
    expect(bob.doc.getMap('elements').size).toBe(0)
  })

  test('without being told, it is whom the token was made for, and nothing shows before that has come', async () => {
    const first = join(byToken('ada'))
    await waitForStatus(first, { kind: 'saved' })
    expect(first.user).toMatchObject({ id: 'ada' })
    server.holding = true
    draw(first, 'a')
    await leave(first)
    const asked = Promise.withResolvers<string>()
    const second = join({ storage: undefined, getToken: () => asked.promise })
    // It was asked later, and has what the device has.
    const told = join(offline)
    await told.localLoaded
    expect(told.doc.getMap('elements').size).toBe(1)
    expect([second.doc.getMap('elements').size, second.status.kind]).toEqual([0, 'connecting'])
    asked.resolve(tokenOf('ada'))
    await second.localLoaded
    expect(drawn(second)).toEqual(['a'])
    expect(second.status).toMatchObject({ unsent: 1, stored: true })
  })

  test('without a token there is nothing to show, and that is said', async () => {
    const session = join({ ...offline, storage: undefined })
    await session.localLoaded
    expect(session.status).toMatchObject({ kind: 'not-here', unsent: 0 })
  })

  test('a token of somebody else ends it', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    let person = 'ada'
    const session = join({ storage: undefined, getToken: async () => tokenOf(person) })
    await waitForStatus(session, { kind: 'saved' })
    person = 'bob'
    server.closeAll(1001, 'shutting_down')
    await waitForStatus(session, { kind: 'no-access', reason: 'unauthenticated' })
    expect(server.tokens).toEqual([tokenOf('ada')])
  })
})

describe('access that was taken away', () => {
  const storedHere = () => storedRooms({ serverUrl: server.url, ...ADA }).list()

  test('takes the device’s copy with it', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    draw(session, 'a')
    await waitForStatus(session, { kind: 'saved' })
    await vi.waitFor(async () => expect(await storedHere()).toHaveLength(1))
    server.doorman = () => ({ code: 4403, reason: 'forbidden' })
    server.closeAll(4403, 'forbidden')
    await waitForStatus(session, { kind: 'no-access' })
    expect(session.role).toBeUndefined()
    await vi.waitFor(async () => expect(await storedHere()).toEqual([]))
  })

  test('leaves it while something in it is unsent', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.holding = true
    draw(session, 'a')
    server.doorman = () => ({ code: 4404, reason: 'not_found' })
    server.closeAll(4404, 'not_found')
    await waitForStatus(session, { kind: 'no-access', unsent: 1 })
    await leave(session)
    expect(await storedHere()).toMatchObject([{ roomId, unsent: 1 }])
  })

  test('a sign-in that ended takes nothing', async () => {
    const session = join()
    await waitForStatus(session, { kind: 'saved' })
    server.doorman = () => ({ code: 4401, reason: 'unauthenticated' })
    server.closeAll(4401, 'unauthenticated')
    await waitForStatus(session, { kind: 'no-access' })
    await leave(session)
    expect(await storedHere()).toHaveLength(1)
    const offline = join({ getToken: () => Promise.reject(new TypeError('fetch failed')) })
    await waitForStatus(offline, { kind: 'offline' })
    expect(offline.role).toBe('editor')
  })
})
