import 'fake-indexeddb/auto'
import { apiPath } from '@sketchroom/shared/api/paths'
import { elementsOf, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { FROM_SERVER } from './document-exchange.ts'
import { createRoomSession, type RoomSession } from './room-session.ts'
import { draw, drawn, waitForStatus } from './testing/drawing.ts'
import { createRealServer, type Person, type RealServer } from './testing/real-server.ts'

/** More than any other test here draws. */
const FULL_BOARD = 2_000

let server: RealServer
let owner: Person
let browsers = 0
const open = new Set<RoomSession>()
/** The ids that each session drew, in order. */
const drawnBy = new Map<RoomSession, string[]>()

beforeAll(async () => {
  server = await createRealServer({ MAX_BOARD_ELEMENTS: `${FULL_BOARD}` })
  await server.start()
  owner = await server.guest('Owner')
}, 30_000)

afterEach(async () => {
  await Promise.all([...open].map((session) => session.close()))
  open.clear()
  // A test that failed may have left it dead.
  await server.start()
})

afterAll(() => server.dispose())

async function createRoom(access: 'private' | 'link-view' | 'link-edit' = 'link-edit'): Promise<string> {
  const response = await owner.call('POST', apiPath('rooms'), { name: 'A board', access })
  const { id } = (await response.json()) as { id: string }
  return id
}

/** Opens the room in a browser of its own, or as one more tab of a browser that has storage. */
function join(roomId: string, person: Person, browser?: 'the same browser'): RoomSession {
  browsers += 1
  const prefix = browser ?? `browser ${browsers}`
  vi.stubGlobal(
    'BroadcastChannel',
    class extends BroadcastChannel {
      constructor(name: string) {
        super(`${prefix}: ${name}`)
      }
    },
  )
  const storage = browser ? { person: person.id } : 'none'
  const session = createRoomSession({ roomId, serverUrl: server.url, getToken: person.getToken, storage })
  vi.unstubAllGlobals()
  open.add(session)
  return session
}

async function leave(session: RoomSession): Promise<void> {
  open.delete(session)
  await session.close()
}

describe('a session against the real server', () => {
  test('what one draws the other sees, and both are told that it is saved', async () => {
    const roomId = await createRoom()
    const guest = await server.guest('Guest')
    const [one, other] = [join(roomId, owner), join(roomId, guest)]
    await Promise.all([one.firstSync, other.firstSync])
    draw(one, 'a')
    draw(other, 'b')
    await vi.waitFor(() => {
      expect(drawn(one)).toEqual(['a', 'b'])
      expect(drawn(other)).toEqual(['a', 'b'])
    })
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    expect([one.role, other.role]).toEqual(['owner', 'editor'])
  })

  test('twelve edits drawn while it was down survive a reload, and are saved when it is back', async () => {
    const roomId = await createRoom()
    const before = join(roomId, owner, 'the same browser')
    await waitForStatus(before, { kind: 'saved' })
    await server.kill()
    for (let index = 0; index < 12; index++) draw(before, `e${index}`)
    await waitForStatus(before, { kind: 'offline' })
    expect(before.status).toEqual({ kind: 'offline', unsent: 12, stored: true })
    await leave(before)

    const after = join(roomId, owner, 'the same browser')
    await after.localLoaded
    expect(drawn(after)).toHaveLength(12)
    await waitForStatus(after, { kind: 'offline' })
    expect(after.status).toEqual({ kind: 'offline', unsent: 12, stored: true })
    await server.start()
    after.reconnect()
    await waitForStatus(after, { kind: 'saved' })
    await leave(after)

    const fresh = join(roomId, owner)
    await fresh.firstSync
    expect(drawn(fresh)).toHaveLength(12)
  })

  test('a text that a hand-written client made, changed first by two people offline, one of whom reloads, is of both', async () => {
    const roomId = await createRoom()
    const guest = await server.guest('Guest')
    const id = 'a-text'
    const wordsIn = ({ doc }: RoomSession) => findElement(doc, id)?.keys.words
    const one = join(roomId, owner, 'the same browser')
    const other = join(roomId, guest)
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    elementsOf(one.doc).set(id, new Y.Map(Object.entries({ type: 'text', words: 'buy milk' })))
    await vi.waitFor(() => expect(wordsIn(other)).toBe('buy milk'))
    await waitForStatus(one, { kind: 'saved' })
    await server.kill()
    writeKeys(one.doc, id, new Map([['words', 'buy oat milk']]))
    writeKeys(other.doc, id, new Map([['words', 'buy milk today']]))
    await leave(one)

    const again = join(roomId, owner, 'the same browser')
    await again.localLoaded
    expect(wordsIn(again)).toBe('buy oat milk')
    await server.start()
    for (const session of [other, again]) session.reconnect()
    await Promise.all([waitForStatus(again, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    for (const session of [again, other]) {
      await vi.waitFor(() => expect(wordsIn(session)).toBe('buy oat milk today'))
      expect(session.status).toEqual({ kind: 'saved' })
    }
  })

  test('two people who drew on what the other had not saved yet, when the server died, are both saved', async () => {
    const roomId = await createRoom()
    const guest = await server.guest('Guest')
    const [one, other] = [join(roomId, owner), join(roomId, guest)]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    // From now on the server knows whose numbers these are.
    draw(one, 'of-one')
    draw(other, 'of-other')
    await vi.waitFor(() => expect([drawn(one), drawn(other)].map(({ length }) => length)).toEqual([2, 2]))
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    await server.kill()
    // While its store failed, the server had told each what the other drew.
    const tell = (from: RoomSession, to: RoomSession) =>
      Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), FROM_SERVER)
    draw(one, 'e0')
    draw(other, 'f0')
    for (let turn = 0; turn < 6; turn++) {
      const [drawing, hearing] = turn % 2 === 0 ? [other, one] : [one, other]
      tell(hearing, drawing)
      writeKeys(drawing.doc, `e${turn}`, new Map([['xy', [turn, 0]]]))
      draw(drawing, `e${turn + 1}`)
    }
    tell(other, one)
    await server.start()
    for (const session of [one, other]) session.reconnect()
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    const fresh = join(roomId, owner)
    await fresh.firstSync
    expect(drawn(fresh)).toHaveLength(10)
    for (let turn = 0; turn < 6; turn++) expect(findElement(fresh.doc, `e${turn}`)?.keys.xy).toEqual([turn, 0])
  })

  test('killed again and again in the middle of a burst, it has every edit that was called saved', async () => {
    const roomId = await createRoom()
    const sessions = Array.from({ length: 4 }, () => join(roomId, owner))
    await Promise.all(sessions.map((session) => waitForStatus(session, { kind: 'saved' })))
    let made = 0
    let checked = 0
    for (let round = 0; round < 5; round++) {
      const saved = new Set<string>()
      // Each draws on as soon as the last edits are saved, however fast that is: some are always under way.
      const drawOn = (session: RoomSession) => {
        if (session.status.kind !== 'saved') return
        const before = drawnBy.get(session) ?? []
        for (const id of before) saved.add(id)
        const ids = Array.from({ length: 3 }, () => `e${(made += 1)}`)
        drawnBy.set(session, [...before, ...ids])
        for (const id of ids) draw(session, id)
      }
      const stops = sessions.map((session) => session.subscribe(() => drawOn(session)))
      for (const session of sessions) drawOn(session)
      await vi.waitFor(() => expect(saved.size).toBeGreaterThan((round + 1) * 40), { timeout: 15_000, interval: 1 })
      await server.kill()
      for (const stop of stops) stop()
      await server.start()
      const witness = join(roomId, owner)
      await witness.firstSync
      const found = new Set(drawn(witness))
      expect([...saved].filter((id) => !found.has(id))).toEqual([])
      checked += saved.size
      await leave(witness)
      for (const session of sessions) session.reconnect()
      await Promise.all(sessions.map((session) => waitForStatus(session, { kind: 'saved' })))
    }
    expect(checked).toBeGreaterThan(400)
    for (const session of sessions) await vi.waitFor(() => expect(drawn(session)).toHaveLength(made))
  }, 90_000)

  test('what a full board has no room for holds back nothing else, and is saved as soon as there is room', async () => {
    const roomId = await createRoom()
    const guest = await server.guest('Guest')
    const [one, other] = [join(roomId, owner, 'the same browser'), join(roomId, guest)]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    one.doc.transact(() => draw(one, ...Array.from({ length: FULL_BOARD }, (_, index) => `e${index}`)))
    await waitForStatus(one, { kind: 'saved' })
    draw(one, 'refused')
    await waitForStatus(one, { kind: 'refused', reason: 'board_full', unsent: 1, stored: true })
    writeKeys(one.doc, 'e0', new Map([['xy', [5, 0]]]))
    await vi.waitFor(() => expect(findElement(other.doc, 'e0')?.keys.xy).toEqual([5, 0]))
    await waitForStatus(one, { kind: 'refused', unsent: 1 })
    writeKeys(one.doc, 'refused', new Map([['xy', [6, 0]]]))
    expect(drawn(other)).toHaveLength(FULL_BOARD)
    await leave(one)
    // After a reload, and without the server, there is nothing to tell the refused from the rest.
    await server.kill()
    const again = join(roomId, owner, 'the same browser')
    await again.localLoaded
    writeKeys(again.doc, 'e1', new Map([['xy', [8, 0]]]))
    await server.start()
    for (const session of [again, other]) session.reconnect()
    await vi.waitFor(() => expect(findElement(other.doc, 'e1')?.keys.xy).toEqual([8, 0]))
    await waitForStatus(again, { kind: 'refused', reason: 'board_full', unsent: 2, stored: true })
    writeKeys(other.doc, 'e2', new Map([['isDeleted', true]]))
    await waitForStatus(again, { kind: 'saved' })
    await vi.waitFor(() => expect(findElement(other.doc, 'refused')?.keys.xy).toEqual([6, 0]))
  })

  test('a viewer is told "read only", changes nothing, and is heard once made an editor', async () => {
    const roomId = await createRoom('link-view')
    const guest = await server.guest('Viewer')
    const [one, viewer] = [join(roomId, owner), join(roomId, guest)]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(viewer, { kind: 'read-only' })])
    draw(viewer, 'smuggled')
    draw(one, 'a')
    await vi.waitFor(() => expect(drawn(viewer)).toEqual(['a', 'smuggled']))
    expect(viewer.status).toEqual({ kind: 'read-only', unsent: 1, stored: false })
    expect(drawn(one)).toEqual(['a'])
    const { status } = await owner.call('PUT', apiPath('member', { roomId, userId: guest.id }), { role: 'editor' })
    expect(status).toBeLessThan(300)
    await waitForStatus(viewer, { kind: 'saved' })
    await vi.waitFor(() => expect(drawn(one)).toEqual(['a', 'smuggled']))
  })

  test('who is put out of the room is told so', async () => {
    const roomId = await createRoom()
    const guest = await server.guest('Guest')
    const session = join(roomId, guest)
    await waitForStatus(session, { kind: 'saved' })
    await owner.call('PATCH', apiPath('room', { roomId }), { access: 'private' })
    await waitForStatus(session, { kind: 'no-access' })
    expect(session.role).toBeUndefined()
  })

  test('a room that does not exist is "not found"', async () => {
    const session = join('no-such-room-anywhere', owner)
    await waitForStatus(session, { kind: 'no-access' })
    expect(session.status).toEqual({ kind: 'no-access', reason: 'not_found', unsent: 0, stored: false })
  })

  test('two tabs: one draws with the server down and is closed, the other brings it in', async () => {
    const roomId = await createRoom()
    const [one, other] = [join(roomId, owner, 'the same browser'), join(roomId, owner, 'the same browser')]
    await Promise.all([waitForStatus(one, { kind: 'saved' }), waitForStatus(other, { kind: 'saved' })])
    await server.kill()
    draw(one, 'a')
    await vi.waitFor(() => expect(drawn(other)).toEqual(['a']))
    await leave(one)
    await server.start()
    other.reconnect()
    await waitForStatus(other, { kind: 'saved' })
    await leave(other)
    const fresh = join(roomId, owner)
    await fresh.firstSync
    expect(drawn(fresh)).toEqual(['a'])
  })
})
