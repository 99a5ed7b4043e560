import 'fake-indexeddb/auto'
import { apiPath } from '@sketchroom/shared/api/paths'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createRoomSession, type RoomSession } from './room-session.ts'
import { createRealServer, type Person, type RealServer } from './testing/real-server.ts'

let server: RealServer
let owner: Person
const open = new Set<RoomSession>()

beforeAll(async () => {
  server = await createRealServer()
  await server.start()
  owner = await server.guest('Owner')
}, 30_000)

afterEach(async () => {
  await Promise.all([...open].map((session) => session.close()))
  open.clear()
})

afterAll(() => server.dispose())

async function createRoom(access: 'private' | 'link-view' | 'link-edit' = 'link-edit'): Promise<string> {
  const response = await owner.call('POST', apiPath('rooms'), { name: 'A board', access })
  const { id } = (await response.json()) as { id: string }
  return id
}

function join(roomId: string, person: Person, storage: 'indexeddb' | 'none' = 'none'): RoomSession {
  const session = createRoomSession({ roomId, serverUrl: server.url, getToken: person.getToken, storage })
  open.add(session)
  return session
}

async function leave(session: RoomSession): Promise<void> {
  open.delete(session)
  await session.close()
}

function draw(session: RoomSession, id: string): void {
  session.doc.getMap('elements').set(id, 1)
}

function drawn(session: RoomSession): string[] {
  return [...session.doc.getMap('elements').keys()].toSorted()
}

async function waitForStatus(session: RoomSession, kind: RoomSession['status']['kind']): Promise<void> {
  await vi.waitFor(() => expect(session.status.kind).toBe(kind), { timeout: 15_000, interval: 10 })
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
    await Promise.all([waitForStatus(one, 'saved'), waitForStatus(other, 'saved')])
    expect([one.role, other.role]).toEqual(['owner', 'editor'])
  })
})
