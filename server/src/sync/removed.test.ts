import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { DocumentStore } from '../ports/document-store.ts'
import type { RoomStore } from '../ports/room-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { HeldCalls } from '../testing/held-calls.ts'
import { holdCuts } from '../testing/held-cuts.ts'
import { RawClient } from '../testing/raw-client.ts'
import { drawLarge, joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const MINUTES = 60_000

let server: TestServer
let store: DocumentStore
let ahead = 0
const documents = new HeldCalls<DocumentStore>()
const rooms = new HeldCalls<RoomStore>({ answers: true })

beforeAll(async () => {
  server = await startTestServer({
    now: () => Date.now() + ahead,
    wrapDocumentStore: (inner) => {
      store = inner
      return aroundStore(inner, documents.around)
    },
    wrapRoomStore: (inner) => aroundStore(inner, rooms.around),
  })
})
afterAll(() => server.remove())
beforeEach(() => {
  ahead = 0
  documents.release()
  rooms.release()
})

/** An owner's room, with a second person who may draw. */
async function roomWithMember() {
  const [owner, member] = [await server.api.guest('Ada'), await server.api.guest('Bob')]
  const { id: roomId } = await server.api.createRoom(owner.accessToken)
  const path = `/api/v1/rooms/${roomId}/members/${member.user.id}`
  await server.api.setMember(owner.accessToken, roomId, member.user.id, 'editor')
  return {
    roomId,
    ownerToken: owner.accessToken,
    memberToken: member.accessToken,
    setRole: (role: 'viewer' | 'editor') => server.api.setMember(owner.accessToken, roomId, member.user.id, role),
    remove: async () => {
      expect((await server.api.call('DELETE', path, { token: owner.accessToken })).status).toBe(204)
    },
    signOut: async () => {
      const { status } = await server.api.call('POST', '/api/v1/auth/signout', { token: member.accessToken })
      expect(status).toBe(204)
    },
  }
}

/** The words that the room has in the store. */
async function storedWords(roomId: string): Promise<string[]> {
  const { snapshot, tail } = await store.load(roomIdSchema.parse(roomId))
  const doc = new Y.Doc()
  if (snapshot) Y.applyUpdate(doc, snapshot.bytes)
  for (const { update } of tail) Y.applyUpdate(doc, update)
  return wordsOf({ doc })
}

/** Everybody hears of it, so whatever was sent before has been dealt with. */
async function writeSentinel(owner: RawClient): Promise<void> {
  owner.write(owner.edit(setWord('sentinel')))
  await vi.waitFor(() => expect(owner.answers.at(-1)).toBe('durable'))
}

test('a cut-off Auth frame ends the stay: removed after it, nobody writes or reads', async () => {
  const { roomId, ownerToken, memberToken, remove, signOut } = await roomWithMember()
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  const tab = new RawClient(server.syncUrl, `${roomId}\0second-tab`, { shared: bob })
  await tab.join(memberToken)
  await vi.waitFor(() => expect(tab.notices).toHaveLength(1))
  // Its address and its type, and nothing more.
  bob.sendType(MESSAGE.auth)
  await vi.waitFor(() => expect(bob.ended).toBe('malformed_update'))
  await remove()
  await signOut()
  for (const client of [bob, tab]) client.write(client.edit(setWord('still in')))
  await writeSentinel(ada)
  expect([wordsOf(ada), await storedWords(roomId)]).toEqual([['sentinel'], ['sentinel']])
  for (const client of [bob, tab]) expect([wordsOf(client), client.answers]).toEqual([['still in'], []])
  await bob.closed
})

test('what was left at one address of a socket goes on at another', async () => {
  const { roomId, ownerToken, memberToken } = await roomWithMember()
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  const tab = new RawClient(server.syncUrl, `${roomId}\0second-tab`, { shared: bob })
  await tab.join(memberToken)
  await vi.waitFor(() => expect(tab.notices).toHaveLength(1))
  bob.sendType(MESSAGE.auth)
  await vi.waitFor(() => expect(bob.ended).toBe('malformed_update'))
  bob.write(bob.edit(setWord('from the first')))
  tab.write(tab.edit(setWord('from the second')))
  await vi.waitFor(() => expect(tab.answers).toEqual(['durable']))
  expect([wordsOf(ada), bob.answers]).toEqual([['from the second'], []])
})

test('an edit after the token has ended is neither acknowledged nor seen', async () => {
  const { roomId, ownerToken, memberToken } = await roomWithMember()
  const bob = await joinRoom(server, roomId, memberToken)
  bob.write(bob.edit(setWord('in time')))
  await vi.waitFor(() => expect(bob.answers).toEqual(['durable']))
  ahead = 10 * MINUTES
  bob.write(bob.edit(setWord('late')))
  expect(await bob.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
  expect([bob.answers, await storedWords(roomId)]).toEqual([['durable'], ['in time']])
  ahead = 0
  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['in time']))
})

test('what is drawn after a token has ended does not reach whose it was, whenever that is noticed', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const body = { user: { id: 'guest', name: 'Guest' }, role: 'viewer', ttlSeconds: 60 }
  const minted = await server.api.call('POST', `/api/v1/rooms/${roomId}/tokens`, { token: ownerToken, body })
  const { token } = (await minted.json()) as { token: string }
  const [ed, guest] = [await joinRoom(server, roomId, editorToken), await joinRoom(server, roomId, token)]
  ahead = 1 * MINUTES
  ed.write(ed.edit(setWord('late')))
  expect(await guest.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
  await vi.waitFor(() => expect(ed.answers).toEqual(['durable']))
  expect(wordsOf(guest)).toEqual([])
})

test('who listens only is cut off too when the token has ended', async () => {
  const { roomId, memberToken } = await roomWithMember()
  const bob = await joinRoom(server, roomId, memberToken)
  ahead = 10 * MINUTES
  expect(await bob.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
})

test.for(['removed', 'signed out'] as const)(
  'who is %s while the room is read is not let in, however long that takes',
  async (what) => {
    const { roomId, ownerToken, memberToken, remove, signOut } = await roomWithMember()
    documents.hold('load')
    const bob = new RawClient(server.syncUrl, roomId)
    const answered = vi.fn<() => void>()
    bob.onAuthenticated = answered
    await bob.join(memberToken)
    await vi.waitFor(() => expect(documents.waiting).toHaveLength(1))
    expect(answered).toHaveBeenCalledOnce()
    await (what === 'removed' ? remove() : signOut())
    // Longer than any window in which who was let in before would still be believed.
    ahead = 2 * MINUTES
    bob.write(bob.edit(setWord('still in')))
    documents.release()
    const [code, reason] = what === 'removed' ? [4404, 'not_found'] : [4401, 'unauthenticated']
    expect(await bob.closed).toEqual({ code, reason })
    expect([bob.denied, bob.notices, bob.answers]).toEqual([reason, [], []])
    const ada = await joinRoom(server, roomId, ownerToken)
    await writeSentinel(ada)
    expect([wordsOf(ada), await storedWords(roomId)]).toEqual([['sentinel'], ['sentinel']])
  },
)

test('who becomes a viewer while the room is read comes in as one', async () => {
  const { roomId, ownerToken, memberToken, setRole } = await roomWithMember()
  documents.hold('load')
  const bob = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => bob.terminate())
  await bob.join(memberToken)
  await vi.waitFor(() => expect(documents.waiting).toHaveLength(1))
  await setRole('viewer')
  bob.write(bob.edit(setWord('graffiti')))
  documents.release()
  await vi.waitFor(() => expect(bob.answers).toEqual(['refused']))
  expect(bob.notices[0]).toEqual({ type: 'role', role: 'viewer' })
  const ada = await joinRoom(server, roomId, ownerToken)
  await writeSentinel(ada)
  expect(wordsOf(ada)).toEqual(['sentinel'])
})

test.for([
  ['viewer', 'editor', 'durable'],
  ['editor', 'viewer', 'refused'],
] as const)('a check that answers «%s» late does not overwrite «%s»', async ([first, last, answer]) => {
  const { roomId, ownerToken, memberToken, setRole } = await roomWithMember()
  await setRole(last)
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  // What is asked after a change is answered by what holds then, and that answer comes late.
  rooms.holdNext('findMembership', { after: 'putMembership' })
  await setRole(first)
  await vi.waitFor(() => expect(rooms.waiting).toHaveLength(1))
  await setRole(last)
  bob.write(bob.edit(setWord('word')))
  rooms.release()
  await vi.waitFor(() => expect(bob.answers).toEqual([answer]))
  await writeSentinel(ada)
  expect(wordsOf(ada)).toEqual(answer === 'durable' ? ['sentinel', 'word'] : ['sentinel'])
  expect(bob.notices.findLast(({ type }) => type === 'role')).toEqual({ type: 'role', role: last })
})

test('what is drawn after «removed» was answered does not reach whoever was removed, however late that is judged', async () => {
  const { roomId, ownerToken, memberToken, remove } = await roomWithMember()
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  ada.write(ada.edit(setWord('before')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['before']))
  rooms.holdNext('findMembership', { after: 'putMembership' })
  await remove()
  await vi.waitFor(() => expect(rooms.waiting).toHaveLength(1))
  for (const word of ['one', 'two', 'three']) ada.write(ada.edit(setWord(word)))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(4))
  // What was told him has come by then.
  await ada.handled()
  rooms.release()
  expect(await bob.closed).toEqual({ code: 4403, reason: 'forbidden' })
  expect(wordsOf(bob)).toEqual(['before'])
})

test.for(['removed', 'told that they may stay'] as const)(
  'whoever is judged while an answer to them is put together is sent nothing of it before they are %s',
  async (outcome) => {
    const { roomId, ownerToken, memberToken, remove, setRole } = await roomWithMember()
    const ada = await joinRoom(server, roomId, ownerToken)
    // So large that it is cut for whoever comes.
    ada.write(ada.edit(drawLarge(300_000)))
    await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
    const cuts = holdCuts()
    const bob = await joinRoom(server, roomId, memberToken)
    await cuts.begun()
    rooms.holdNext('findMembership', { after: 'putMembership' })
    await (outcome === 'removed' ? remove() : setRole('viewer'))
    await vi.waitFor(() => expect(rooms.waiting).toHaveLength(1))
    ada.write(ada.edit(setWord('after')))
    await vi.waitFor(() => expect(ada.answers).toHaveLength(2))
    await cuts.finish()
    // What was told him has come by then.
    await ada.handled()
    expect(wordsOf(bob)).toEqual([])
    rooms.release()
    if (outcome === 'removed') {
      expect(await bob.closed).toEqual({ code: 4403, reason: 'forbidden' })
      expect(wordsOf(bob)).toEqual([])
    } else await vi.waitFor(() => expect([wordsOf(bob), bob.step2Count]).toEqual([['after', 'large-0', 'large-1'], 1]))
  },
)

test('who may stay hears in order what was drawn while that was found out', async () => {
  const { roomId, ownerToken, memberToken, setRole } = await roomWithMember()
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  rooms.holdNext('findMembership', { after: 'putMembership' })
  await setRole('viewer')
  await vi.waitFor(() => expect(rooms.waiting).toHaveLength(1))
  for (const word of ['one', 'two', 'three']) ada.write(ada.edit(setWord(word)))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(3))
  expect(wordsOf(bob)).toEqual([])
  rooms.release()
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['one', 'three', 'two']))
  expect(bob.notices.at(-1)).toEqual({ type: 'role', role: 'viewer' })
})

test('who is judged for so long that too much was drawn meanwhile is to come back later, and misses nothing', async () => {
  const { roomId, ownerToken, memberToken, setRole } = await roomWithMember()
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  rooms.holdNext('findMembership', { after: 'putMembership' })
  await setRole('viewer')
  await vi.waitFor(() => expect(rooms.waiting).toHaveLength(1))
  ada.write(ada.edit(drawLarge(1_200_000)))
  expect(await bob.closed).toEqual({ code: 4503, reason: 'store_unavailable' })
  rooms.release()
  const back = await joinRoom(server, roomId, memberToken)
  await vi.waitFor(() => expect(wordsOf(back)).toEqual(wordsOf(ada)))
})

test('a fresh token that was judged before a change of access gives back nothing', async () => {
  const { roomId, ownerToken, memberToken, setRole } = await roomWithMember()
  const [ada, bob] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, memberToken)]
  // Somebody else's new name, after which no earlier answer is remembered.
  const { accessToken } = await server.api.guest('Cleo')
  await server.api.call('PATCH', '/api/v1/me', { token: accessToken, body: { name: 'Clio' } })
  rooms.holdNext('findMembership', { after: 'findMembership' })
  await server.api.call('GET', `/api/v1/rooms/${roomId}`, { token: ownerToken })
  bob.sendToken(memberToken)
  await vi.waitFor(() => expect(rooms.waiting).toHaveLength(1))
  await setRole('viewer')
  await vi.waitFor(() => expect(bob.notices.at(-1)).toEqual({ type: 'role', role: 'viewer' }))
  const told = bob.notices.length
  rooms.release()
  await vi.waitFor(() => expect(bob.notices.slice(told)).toEqual([{ type: 'role', role: 'viewer' }]))
  bob.write(bob.edit(setWord('graffiti')))
  await vi.waitFor(() => expect(bob.answers).toEqual(['refused']))
  await writeSentinel(ada)
  expect(wordsOf(ada)).toEqual(['sentinel'])
})

test('what is sent after «removed» was answered is stored nowhere, however busy the server is', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  let [tries, requests] = [0, 0]
  for (; tries < 25; tries++) {
    const { user, accessToken } = await server.api.guest('Bob')
    await server.api.setMember(ownerToken, roomId, user.id, 'editor')
    const bob = await joinRoom(server, roomId, accessToken)
    let goOn = true
    const callers = Array.from({ length: 50 }, async () => {
      while (goOn) {
        await server.api.call('GET', `/api/v1/rooms/${roomId}/members`, { token: accessToken })
        requests += 1
      }
    })
    const path = `/api/v1/rooms/${roomId}/members/${user.id}`
    expect((await server.api.call('DELETE', path, { token: ownerToken })).status).toBe(204)
    bob.write(bob.edit(setWord(`after ${tries}`)))
    expect(await bob.closed).toEqual({ code: 4403, reason: 'forbidden' })
    expect(bob.answers).toEqual([])
    goOn = false
    await Promise.all(callers)
  }
  await writeSentinel(ada)
  expect([wordsOf(ada), await storedWords(roomId)]).toEqual([['sentinel'], ['sentinel']])
  expect(tries).toBe(25)
  expect(requests).toBeGreaterThan(25 * 50)
})
