import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { storedRooms } from '../device/stored-rooms.ts'
import type { RoomSession } from './room-session.ts'
import { createSessions, type SessionLease, type Sessions, type SessionsOptions } from './sessions.ts'
import { draw, drawn, waitForStatus } from './testing/drawing.ts'
import { startScriptedServer, type ScriptedServer } from './testing/scripted-server.ts'

let server: ScriptedServer
let roomId: string
let rooms = 0
const open = new Set<Sessions>()
const ADA = { person: 'ada' }

beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  roomId = `sessions-${process.pid}-${(rooms += 1)}`
  server = await startScriptedServer(roomId)
})

afterEach(async () => {
  await Promise.all([...open].map((sessions) => sessions.close()))
  open.clear()
  await server.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function createPage(options: Partial<SessionsOptions> = {}): Sessions {
  const sessions = createSessions({ serverUrl: server.url, getToken: async () => 'a token', storage: ADA, ...options })
  open.add(sessions)
  return sessions
}

async function unsentOnDevice(): Promise<number | undefined> {
  const [room] = await storedRooms({ serverUrl: server.url, ...ADA }).list()
  return room?.unsent
}

const isSaved = (session: RoomSession) => waitForStatus(session, { kind: 'saved' })
/** Resolves when the one session that there is has answered the server: it is open. */
async function isStillOpen(): Promise<void> {
  const tokens = server.tokens.length
  server.askForToken()
  await vi.waitFor(() => expect(server.tokens).toHaveLength(tokens + 1))
  expect(server.clients).toBe(1)
}

describe('the sessions of a page', () => {
  test('whoever opens the same room has the same session, and it lives as long as somebody has it', async () => {
    const page = createPage()
    const [one, other] = [page.open(roomId), page.open(roomId)]
    expect(one.session).toBe(other.session)
    await isSaved(one.session)
    one.release()
    one.release()
    await isStillOpen()
    other.release()
    await vi.waitFor(() => expect(server.clients).toBe(0))
  })

  test('who leaves with something unsent need not stay: it goes on until all is durable', async () => {
    const page = createPage()
    const lease = page.open(roomId)
    await isSaved(lease.session)
    server.holding = true
    draw(lease.session, 'a')
    lease.release()
    await isStillOpen()
    expect(lease.session.awareness.getLocalState()).toBeNull()
    server.release()
    await vi.waitFor(() => expect(server.clients).toBe(0))
    expect(drawn(server)).toEqual(['a'])
    await vi.waitFor(async () => expect(await unsentOnDevice()).toBe(0))
  })

  test('who comes back while it lingers finds it, and is seen again', async () => {
    const page = createPage()
    const lease = page.open(roomId)
    await isSaved(lease.session)
    server.holding = true
    draw(lease.session, 'a')
    lease.release()
    const again = page.open(roomId)
    expect(again.session).toBe(lease.session)
    expect(again.session.awareness.getLocalState()).not.toBeNull()
    server.release()
    await isSaved(again.session)
    await isStillOpen()
  })

  test('the end of one that lingered is not the end of the next', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const page = createPage()
    const first = page.open(roomId)
    await isSaved(first.session)
    first.release()
    await vi.waitFor(() => expect(server.clients).toBe(0))
    const second = page.open(roomId)
    await isSaved(second.session)
    await vi.advanceTimersByTimeAsync(61_000)
    const third = page.open(roomId)
    expect(third.session).toBe(second.session)
    expect(third.session).not.toBe(first.session)
  })

  test('it does not linger for ever', async () => {
    const page = createPage()
    const lease = page.open(roomId)
    await isSaved(lease.session)
    server.holding = true
    draw(lease.session, 'a')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    lease.release()
    await vi.advanceTimersByTimeAsync(59_000)
    expect(server.clients).toBe(1)
    await vi.advanceTimersByTimeAsync(1_000)
    await vi.waitFor(() => expect(server.clients).toBe(0))
    expect(await unsentOnDevice()).toBe(1)
  })

  test('a room that is discarded is let go of in all tabs, and opens as the server has it', async () => {
    const page = createPage()
    const lease = page.open(roomId)
    await isSaved(lease.session)
    draw(lease.session, 'a')
    await isSaved(lease.session)
    server.notify({ type: 'role', role: 'viewer' })
    await vi.waitFor(() => expect(lease.session.status.kind).toBe('read-only'))
    server.refusing = true
    draw(lease.session, 'refused')
    await vi.waitFor(async () => expect(await unsentOnDevice()).toBe(1))
    const others = createPage()
    const elsewhere = others.open(roomId)
    await vi.waitFor(() => expect(elsewhere.session.status).toMatchObject({ unsent: 1 }))
    const fresh: SessionLease[] = []
    const openAnew = async (sessions: Sessions, { session, release }: SessionLease) => {
      await session.discarded
      fresh.push(sessions.open(roomId))
      release()
    }
    const all = [openAnew(page, lease), openAnew(others, elsewhere)]
    await page.discard(roomId)
    await Promise.all(all)
    for (const { session } of fresh) {
      expect([lease.session, elsewhere.session]).not.toContain(session)
      await session.firstSync
      expect(drawn(session)).toEqual(['a'])
    }
    await vi.waitFor(async () => expect(await unsentOnDevice()).toBe(0))
    await vi.waitFor(() => expect(server.clients).toBe(2))
  })
})

describe('what is unsent', () => {
  /** Draws without a server that could be reached, in a page that is gone then. */
  async function drawOffline(...ids: string[]): Promise<void> {
    const page = createPage({ getToken: () => Promise.reject(new TypeError('fetch failed')) })
    const { session } = page.open(roomId)
    await session.localLoaded
    draw(session, ...ids)
    open.delete(page)
    await page.close()
  }

  test('goes out without anybody opening the board, and nobody is seen on it', async () => {
    await drawOffline('a', 'b')
    expect(await unsentOnDevice()).toBe(2)
    const page = createPage()
    await Promise.all([page.sendUnsent(), page.sendUnsent()])
    expect(drawn(server)).toEqual(['a', 'b'])
    await vi.waitFor(async () => expect(await unsentOnDevice()).toBe(0))
    await vi.waitFor(() => expect(server.clients).toBe(0))
    expect(server.openedAt).toHaveLength(1)
    expect(server.awarenessFrames).toBe(0)
    await page.sendUnsent()
    expect(server.openedAt).toHaveLength(1)
  })

  test('is left to the board that is open', async () => {
    await drawOffline('a')
    const page = createPage()
    const lease = page.open(roomId)
    await page.sendUnsent()
    await isSaved(lease.session)
    expect(server.openedAt).toHaveLength(1)
    expect(drawn(server)).toEqual(['a'])
  })

  test('holds nobody up when it is discarded on its way', async () => {
    await drawOffline('a')
    server.holding = true
    const page = createPage()
    const sending = page.sendUnsent()
    await vi.waitFor(() => expect(server.writes).toBeGreaterThan(0))
    await storedRooms({ serverUrl: server.url, ...ADA }).discard(roomId)
    await sending
    await vi.waitFor(() => expect(server.clients).toBe(0))
    expect(await unsentOnDevice()).toBeUndefined()
  }, 10_000)

  test('stays where the board is closed to the person, and holds nobody up', async () => {
    await drawOffline('a')
    server.doorman = () => ({ code: 4403, reason: 'forbidden' })
    const page = createPage()
    await page.sendUnsent()
    expect(await unsentOnDevice()).toBe(1)
    await vi.waitFor(() => expect(server.clients).toBe(0))
  })

  test('stays while the server is out of reach, which is found out once for each board', async () => {
    await drawOffline('a')
    await server.stop()
    const page = createPage()
    await page.sendUnsent()
    expect(await unsentOnDevice()).toBe(1)
    server = await startScriptedServer(roomId)
  })
})
