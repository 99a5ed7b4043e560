import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { Doc } from 'yjs'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

/** An owner's room with a second person in it, both connected. */
async function roomWithMember(role: 'viewer' | 'editor') {
  const [owner, member] = [await server.api.guest('Ada'), await server.api.guest('Bob')]
  const { id: roomId } = await server.api.createRoom(owner.accessToken)
  await server.api.setMember(owner.accessToken, roomId, member.user.id, role)
  const path = `/api/v1/rooms/${roomId}`
  return {
    roomId,
    owner,
    member,
    call: (method: string, subPath: string, body?: unknown) =>
      server.api.call(method, path + subPath, { token: owner.accessToken, ...(body === undefined ? {} : { body }) }),
    ada: await joinRoom(server, roomId, owner.accessToken),
    bob: await joinRoom(server, roomId, member.accessToken),
  }
}

test('an editor who becomes a viewer can write no more, on the open connection', async () => {
  const { roomId, owner, member, ada, bob } = await roomWithMember('editor')
  bob.write(bob.edit(setWord('before')))
  await vi.waitFor(() => expect(bob.answers).toEqual(['durable']))
  await server.api.setMember(owner.accessToken, roomId, member.user.id, 'viewer')
  await vi.waitFor(() => expect(bob.notices).toContainEqual({ type: 'role', role: 'viewer' }))
  bob.write(bob.edit(setWord('after')))
  await vi.waitFor(() => expect(bob.answers).toEqual(['durable', 'refused']))
  expect(wordsOf(ada)).toEqual(['before'])
})

test('a viewer who becomes an editor is asked for what it kept, and can write', async () => {
  const { roomId, owner, member, bob } = await roomWithMember('viewer')
  expect(bob.step1Count).toBe(0)
  await server.api.setMember(owner.accessToken, roomId, member.user.id, 'editor')
  await vi.waitFor(() => expect(bob.step1Count).toBe(1))
  bob.write(bob.edit(setWord('word')))
  await vi.waitFor(() => expect(bob.answers).toEqual(['durable']))
})

test('who leaves is out at once, on every socket of theirs and no other, and may come back by the link', async () => {
  const { roomId, member, call, ada, bob } = await roomWithMember('editor')
  await call('PATCH', '', { access: 'link-edit' })
  const token = { token: member.accessToken }
  const own = `/api/v1/rooms/${roomId}/members/${member.user.id}`
  const guestOfBob = await joinRoom(server, roomId, await server.api.roomToken(member.accessToken, roomId, 'viewer'))
  expect((await server.api.call('DELETE', own, token)).status).toBe(204)
  expect(await bob.closed).toEqual({ code: 4403, reason: 'left' })
  expect([ada.isOpen, guestOfBob.isOpen]).toEqual([true, true])
  const list = async () => (await (await call('GET', '/members')).json()) as { data: object[] }
  expect((await list()).data).toHaveLength(1)
  // Forgotten, not shut out: there is nothing to leave a second time, and the link lets them in.
  expect((await server.api.call('DELETE', own, token)).status).toBe(404)
  const again = await joinRoom(server, roomId, member.accessToken)
  expect(again.notices).toContainEqual({ type: 'role', role: 'editor' })
  expect((await list()).data).toMatchObject([{ role: 'owner' }, { role: 'editor', via: 'link' }])
})

test('a removed person’s socket closes, and the door stays shut although the link is open', async () => {
  const { roomId, member, call, bob } = await roomWithMember('editor')
  await call('PATCH', '', { access: 'link-edit' })
  expect((await call('DELETE', `/members/${member.user.id}`)).status).toBe(204)
  expect(await bob.closed).toEqual({ code: 4403, reason: 'forbidden' })
  const again = new RawClient(server.syncUrl, roomId)
  await again.join(member.accessToken)
  expect((await again.closed).code).toBe(4404)
})

test('taking the link back ends those who came by it, and nobody else', async () => {
  const { roomId, call, ada, bob } = await roomWithMember('viewer')
  await call('PATCH', '', { access: 'link-edit' })
  const eve = await joinRoom(server, roomId, (await server.api.guest('Eve')).accessToken)
  expect(eve.notices).toContainEqual({ type: 'role', role: 'editor' })
  await call('PATCH', '', { access: 'link-view' })
  await vi.waitFor(() => expect(eve.notices).toContainEqual({ type: 'role', role: 'viewer' }))
  await call('PATCH', '', { access: 'private' })
  expect((await eve.closed).code).toBe(4403)
  ada.write(ada.edit(setWord('still here')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['still here']))
})

test('deleting the room closes everybody with 4410', async () => {
  const { call, ada, bob } = await roomWithMember('editor')
  expect((await call('DELETE', '')).status).toBe(204)
  expect(await ada.closed).toEqual({ code: 4410, reason: 'room_deleted' })
  expect((await bob.closed).code).toBe(4410)
})

test('signing out ends the connections of that sign-in', async () => {
  const { member, bob } = await roomWithMember('editor')
  expect((await server.api.call('POST', '/api/v1/auth/signout', { token: member.accessToken })).status).toBe(204)
  expect(await bob.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
})

test('a new name is seen at once, by whoever is there and by whoever comes', async () => {
  const { roomId, owner, member, call, ada, bob } = await roomWithMember('editor')
  const awareness = new Awareness(new Doc())
  awareness.setLocalState({ pointer: { x: 1 } })
  bob.sendAwareness(encodeAwarenessUpdate(awareness, [awareness.clientID]))
  const nameSeenBy = (client: RawClient) => {
    const seen = new Awareness(new Doc())
    for (const update of client.awarenessUpdates) applyAwarenessUpdate(seen, update, null)
    return seen.getStates().get(awareness.clientID) as unknown
  }
  await vi.waitFor(() => expect(nameSeenBy(ada)).toMatchObject({ user: { name: 'Bob' } }))
  await server.api.call('PATCH', '/api/v1/me', { token: member.accessToken, body: { name: 'Robert' } })
  const renamed = { user: { id: member.user.id, name: 'Robert' }, pointer: { x: 1 } }
  await vi.waitFor(() => expect(nameSeenBy(ada)).toMatchObject(renamed))
  const late = await joinRoom(server, roomId, owner.accessToken)
  await vi.waitFor(() => expect(nameSeenBy(late)).toMatchObject(renamed))
  expect(await (await call('GET', '')).json()).toMatchObject({
    present: expect.arrayContaining([expect.objectContaining({ name: 'Robert' })]) as unknown,
  })
})

test('presence is who is connected, each person once', async () => {
  const { roomId, owner, member, call, ada, bob } = await roomWithMember('editor')
  const secondTab = await joinRoom(server, roomId, member.accessToken)
  const present = async () => {
    const room = (await (await call('GET', '')).json()) as { present: Array<{ id: string }> }
    return room.present.map(({ id }) => id).sort()
  }
  expect(await present()).toEqual([owner.user.id, member.user.id].sort())
  for (const client of [ada, bob, secondTab]) client.terminate()
  await vi.waitFor(async () => expect(await present()).toEqual([]))
})
