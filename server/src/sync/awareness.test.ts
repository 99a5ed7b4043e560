import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import * as encoding from 'lib0/encoding'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { startPlainHocuspocus } from '../testing/plain-hocuspocus.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

/** A client that also keeps an awareness, fed by what the server sends. */
async function join(roomId: string, token: string) {
  const client = await joinRoom(server, roomId, token)
  const awareness = new Awareness(new Y.Doc())
  const states = () => {
    for (const update of client.awarenessUpdates.splice(0)) applyAwarenessUpdate(awareness, update, null)
    return awareness.getStates()
  }
  return {
    client,
    awareness,
    states,
    publish: () => client.sendAwareness(encodeAwarenessUpdate(awareness, [awareness.clientID])),
  }
}

async function newRoom() {
  const { accessToken, user } = await server.api.guest('Ada')
  const { id } = await server.api.createRoom(accessToken)
  const token = (who: string, role: 'viewer' | 'editor' = 'editor', name = who) =>
    server.api.roomToken(accessToken, id, role, who, name)
  return { roomId: id, token, accessToken, userOf: (who: string) => `${user.id}:${who}` }
}

/** An awareness update with one entry that says what it likes. */
function forged(clientId: number, clock: number, state: unknown): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint(encoder, clientId)
  encoding.writeVarUint(encoder, clock)
  encoding.writeVarString(encoder, JSON.stringify(state))
  return encoding.toUint8Array(encoder)
}

test('the server says who a cursor belongs to, whatever the client claims', async () => {
  const { roomId, token, userOf } = await newRoom()
  const [ada, bob] = [await join(roomId, await token('ada')), await join(roomId, await token('bob', 'viewer'))]
  bob.awareness.setLocalState({ user: { id: 'ada', name: 'Ada', color: '#000000' }, pointer: { x: 1, y: 1 } })
  bob.publish()
  await vi.waitFor(() =>
    expect(ada.states().get(bob.awareness.clientID)).toMatchObject({
      user: { id: userOf('bob'), name: 'bob' },
      pointer: { x: 1 },
    }),
  )
})

test('who may not draw moves nothing before the others’ eyes', async () => {
  const { roomId, token } = await newRoom()
  const [ada, eve] = [await join(roomId, await token('ada')), await join(roomId, await token('eve', 'viewer'))]
  const inMotion = { pointer: { x: 1 }, motion: { 'box-1': { xy: [9999, 9999] } } }
  for (const { awareness, publish } of [ada, eve]) {
    awareness.setLocalState(inMotion)
    publish()
  }
  const seenOf = (who: typeof ada) => ada.states().get(who.awareness.clientID)
  await vi.waitFor(() => expect(seenOf(eve)).toMatchObject({ pointer: { x: 1 } }))
  expect(seenOf(eve)).not.toHaveProperty('motion')
  await vi.waitFor(() => expect(eve.states().get(ada.awareness.clientID)).toMatchObject(inMotion))
})

test('what an editor had in motion ends with the right to draw', async () => {
  const [owner, member] = [await server.api.guest('Ada'), await server.api.guest('Bob')]
  const { id: roomId } = await server.api.createRoom(owner.accessToken)
  await server.api.setMember(owner.accessToken, roomId, member.user.id, 'editor')
  const [ada, bob] = [await join(roomId, owner.accessToken), await join(roomId, member.accessToken)]
  bob.awareness.setLocalState({ pointer: { x: 1 }, motion: { 'box-1': { angle: 1 } } })
  bob.publish()
  const seen = () => ada.states().get(bob.awareness.clientID)
  await vi.waitFor(() => expect(seen()).toHaveProperty('motion'))
  await server.api.setMember(owner.accessToken, roomId, member.user.id, 'viewer')
  await vi.waitFor(() => expect(seen()).not.toHaveProperty('motion'))
  expect(seen()).toMatchObject({ user: { name: 'Bob' }, pointer: { x: 1 } })
})

test('a renewed token says what its owner is called from now on', async () => {
  const { roomId, token, userOf } = await newRoom()
  const [ada, bob] = [await join(roomId, await token('ada')), await join(roomId, await token('bob'))]
  bob.awareness.setLocalState({ pointer: { x: 1 } })
  bob.publish()
  const seen = () => ada.states().get(bob.awareness.clientID)
  await vi.waitFor(() => expect(seen()).toMatchObject({ user: { name: 'bob' } }))
  bob.client.sendToken(await token('bob', 'editor', 'Robert'))
  await vi.waitFor(() =>
    expect(seen()).toMatchObject({ user: { id: userOf('bob'), name: 'Robert' }, pointer: { x: 1 } }),
  )
  bob.awareness.setLocalState({ pointer: { x: 2 } })
  bob.awareness.setLocalState({ pointer: { x: 3 } })
  bob.publish()
  await vi.waitFor(() => expect(seen()).toMatchObject({ user: { name: 'Robert' }, pointer: { x: 3 } }))
})

test.for(['viewer', 'editor'] as const)('who is %s cannot move or remove another’s cursor', async (role) => {
  const { roomId, token, userOf } = await newRoom()
  const [ada, bob] = [await join(roomId, await token('ada')), await join(roomId, await token('bob', role))]
  ada.awareness.setLocalState({ pointer: { x: 1 } })
  ada.publish()
  const seen = () => bob.states().get(ada.awareness.clientID)
  await vi.waitFor(() => expect(seen()).toMatchObject({ pointer: { x: 1 } }))
  bob.client.sendAwareness(forged(ada.awareness.clientID, 99, { pointer: { x: 666 } }))
  bob.client.sendAwareness(forged(ada.awareness.clientID, 100, null))
  bob.awareness.setLocalState({ pointer: { x: 2 } })
  bob.publish()
  await vi.waitFor(() => expect(ada.states().get(bob.awareness.clientID)).toBeDefined())
  expect(seen()).toMatchObject({ user: { id: userOf('ada') }, pointer: { x: 1 } })
})

test('the same, control: on a plain Hocuspocus, anybody moves another’s cursor', async () => {
  const { join: joinPlain } = await startPlainHocuspocus()
  const [ada, bob] = [await joinPlain('control'), await joinPlain('control')]
  const newest = () => Buffer.from(ada.awarenessUpdates.at(-1) ?? []).toString()
  ada.sendAwareness(forged(7, 1, { pointer: { x: 1 } }))
  await vi.waitFor(() => expect(newest()).toContain('{"x":1}'))
  bob.sendAwareness(forged(7, 99, { pointer: { x: 666 } }))
  await vi.waitFor(() => expect(newest()).toContain('{"x":666}'))
})

test('a host’s user who has the id that another host gave to somebody cannot take over their cursor', async () => {
  const { roomId, token, accessToken, userOf } = await newRoom()
  const other = await server.api.guest('Eve’s backend')
  await server.api.setMember(accessToken, roomId, other.user.id, 'editor')
  const adaToken = await token('ada')
  const [ada, bob] = [await join(roomId, adaToken), await join(roomId, await token('bob'))]
  const eve = await join(roomId, await server.api.roomToken(other.accessToken, roomId, 'editor', 'ada'))
  ada.awareness.setLocalState({ pointer: { x: 1 } })
  ada.publish()
  const seen = () => bob.states().get(ada.awareness.clientID)
  await vi.waitFor(() => expect(seen()).toMatchObject({ pointer: { x: 1 } }))
  eve.client.sendAwareness(forged(ada.awareness.clientID, 99, { pointer: { x: 666 } }))
  eve.awareness.setLocalState({ pointer: { x: 2 } })
  eve.publish()
  await vi.waitFor(() => expect(bob.states().get(eve.awareness.clientID)).toBeDefined())
  expect(seen()).toMatchObject({ user: { id: userOf('ada') }, pointer: { x: 1 } })
  expect(bob.states().get(eve.awareness.clientID)).toMatchObject({ user: { id: `${other.user.id}:ada` } })
  // Nor can she go on in her place.
  ada.client.sendToken(await server.api.roomToken(other.accessToken, roomId, 'editor', 'ada'))
  expect((await ada.client.closed).code).toBe(4401)
})

test('a cursor goes when its client says so, and when its socket is cut', async () => {
  const { roomId, token } = await newRoom()
  const [ada, bob] = [await join(roomId, await token('ada')), await join(roomId, await token('bob'))]
  const seen = () => bob.states().has(ada.awareness.clientID)
  for (const leave of [() => (ada.awareness.setLocalState(null), ada.publish()), () => ada.client.terminate()]) {
    ada.awareness.setLocalState({ pointer: { x: 1 } })
    ada.publish()
    await vi.waitFor(() => expect(seen()).toBe(true))
    leave()
    await vi.waitFor(() => expect(seen()).toBe(false))
  }
})

test('a client that comes back on a new socket leaves no ghost when that one is cut', async () => {
  const { roomId, token } = await newRoom()
  const bob = await join(roomId, await token('bob'))
  const adaToken = await token('ada')
  const first = await join(roomId, adaToken)
  first.awareness.setLocalState({ pointer: { x: 1 } })
  first.publish()
  const second = await join(roomId, adaToken)
  first.awareness.setLocalState({ pointer: { x: 2 } })
  second.client.sendAwareness(encodeAwarenessUpdate(first.awareness, [first.awareness.clientID]))
  const seen = () => bob.states().get(first.awareness.clientID)
  await vi.waitFor(() => expect(seen()).toMatchObject({ pointer: { x: 2 } }))
  first.client.terminate()
  second.client.sendAwareness(forged(first.awareness.clientID, 50, { pointer: { x: 3 } }))
  await vi.waitFor(() => expect(seen()).toMatchObject({ pointer: { x: 3 } }))
  second.client.terminate()
  await vi.waitFor(() => expect(seen()).toBeUndefined())
})

test('a connection speaks for eight clients in all, also when it gives them up', async () => {
  const { roomId, token } = await newRoom()
  const [ada, eve] = [await join(roomId, await token('ada')), await join(roomId, await token('eve', 'viewer'))]
  for (let id = 1; id <= 20; id++) {
    eve.client.sendAwareness(forged(id, 1, { pointer: { x: id } }))
    eve.client.sendAwareness(forged(id, 2, null))
  }
  for (const id of [20, 8]) eve.client.sendAwareness(forged(id, 3, { pointer: { x: id } }))
  await vi.waitFor(() => expect(ada.states().has(8)).toBe(true))
  expect(ada.states().has(20)).toBe(false)
})

test('those who have gone are forgotten in the end, down to how far their clocks had come', async () => {
  const { roomId, token, userOf } = await newRoom()
  const ada = await join(roomId, await token('ada'))
  const [visitorToken, otherToken] = [await token('visitor'), await token('other')]
  // The first and the last are the same person's, who has not so many places alone.
  const tokens = Array.from({ length: 40 }, (_, nth) => (nth % 3 === 0 ? visitorToken : otherToken))
  const visitors = await Promise.all(tokens.map((each) => joinRoom(server, roomId, each)))
  for (const [nth, visitor] of visitors.entries()) {
    for (let n = 1; n <= 8; n++) visitor.sendAwareness(forged(8 * nth + n, 50, { pointer: { x: 1 } }))
  }
  await vi.waitFor(() => expect(ada.states().size).toBe(1 + 40 * 8))
  for (const leaving of [visitors.slice(0, 1), visitors.slice(1, -1), visitors.slice(-1)]) {
    for (const visitor of leaving) visitor.terminate()
    await vi.waitFor(() => expect(ada.states().has(8 * visitors.indexOf(leaving.at(-1)!) + 1)).toBe(false))
  }
  const back = await joinRoom(server, roomId, visitorToken)
  for (const id of [1, 40 * 8]) back.sendAwareness(forged(id, 49, { pointer: { x: 2 } }))
  back.sendAwareness(forged(1000, 1, { pointer: { x: 3 } }))
  const late = await join(roomId, await token('late'))
  await vi.waitFor(() => expect(late.states().has(1000)).toBe(true))
  expect(late.states().get(1)).toMatchObject({ user: { id: userOf('visitor') } })
  expect(late.states().has(40 * 8)).toBe(false)
})

test('who repeats what another said does not come to speak for them', async () => {
  const { roomId, token } = await newRoom()
  const [bob, adaToken] = [await join(roomId, await token('bob')), await token('ada')]
  const first = await join(roomId, adaToken)
  first.client.sendAwareness(forged(7, 1, { pointer: { x: 1 } }))
  await vi.waitFor(() => expect(bob.states().has(7)).toBe(true))
  first.client.terminate()
  await vi.waitFor(() => expect(bob.states().has(7)).toBe(false))
  // y-websocket sends all that its awareness hears, also what it hears from the server.
  bob.client.sendAwareness(forged(7, 1, { pointer: { x: 1 } }))
  bob.client.sendAwareness(forged(7, 1, null))
  bob.client.sendAwareness(forged(8, 1, { pointer: { x: 8 } }))
  await vi.waitFor(() => expect(bob.states().has(8)).toBe(true))
  const second = await join(roomId, adaToken)
  second.client.sendAwareness(forged(7, 2, { pointer: { x: 2 } }))
  await vi.waitFor(() => expect(bob.states().get(7)).toMatchObject({ pointer: { x: 2 } }))
})

test('what a connection says after it was ended shows nobody', async () => {
  const { roomId, token } = await newRoom()
  const ada = await join(roomId, await token('ada'))
  const eve = new RawClient(server.syncUrl, roomId)
  await eve.open()
  eve.sendToken(await token('eve'))
  // Both wait until she is let in: the first ends her stay.
  eve.sendType(MESSAGE.close + 20)
  eve.sendAwareness(forged(7, 1, { pointer: { x: 1 } }))
  expect((await eve.closed).code).toBe(4403)
  ada.client.sendAwareness(forged(8, 1, { pointer: { x: 2 } }))
  await vi.waitFor(() => expect(ada.states().has(8)).toBe(true))
  expect(ada.states().has(7)).toBe(false)
})

test.for([
  ['too large', forged(1, 1, { blob: 'x'.repeat(17_000) })],
  ['of five megabytes', forged(1, 1, { blob: 'x'.repeat(5_000_000) })],
  ['no update at all', new Uint8Array([5, 1])],
  ['not JSON inside', new Uint8Array([1, 1, 1, 2, 123, 123])],
] as const)('awareness that is %s ends the connection', async ([, update]) => {
  const { roomId, token } = await newRoom()
  const ada = await join(roomId, await token('ada'))
  const { client } = await join(roomId, await token('eve'))
  client.sendAwareness(update)
  expect((await client.closed).code).toBe(4403)
  ada.publish()
  await vi.waitFor(() => expect(ada.states().size).toBe(1))
  expect(ada.client.receivedBytes).toBeLessThan(5_000)
})
