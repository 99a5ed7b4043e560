import { request as httpRequest } from 'node:http'
import * as encoding from 'lib0/encoding'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { apiPath } from '@sketchroom/shared/api/paths'
import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import { RawClient } from '../testing/raw-client.ts'
import { SlowReader } from '../testing/slow-reader.ts'
import { drawLarge, joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

test.for([6, 7 + 20, 99])('a frame of type %i from a client ends its connection', async (type) => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.sendType(type, new Uint8Array([3, 97, 98, 99]))
  expect(await ada.closed).toEqual({ code: 4403, reason: 'invalid_request' })
})

test('an update that does not decode closes that connection and changes nothing', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  const whole = ada.edit(setWord('word'))
  ada.write(whole.slice(0, -3))
  expect(await ada.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  ed.write(ed.edit(setWord('fine')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['durable']))
  expect(wordsOf(ed)).toEqual(['fine'])
})

test('a state vector of more clients than any board has seen ends the connection of a viewer, and is not read', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const [ada, viewer] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, viewerToken)]
  const question = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, SYNC.step1)
    const vector = encoding.encode((inner) => {
      const clients = 300_000
      encoding.writeVarUint(inner, clients)
      for (let client = 1; client <= clients; client++) {
        encoding.writeVarUint(inner, client)
        encoding.writeVarUint(inner, 1)
      }
    })
    encoding.writeVarUint8Array(encoder, vector)
  })
  viewer.sendType(MESSAGE.sync, question)
  expect(await viewer.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  ada.write(ada.edit(setWord('fine')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
})

test('a state vector of 16 bytes for each client that there may be is read, and one byte more is too much', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit(setWord('word')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const viewer = await joinRoom(server, roomId, viewerToken)
  await vi.waitFor(() => expect(viewer.step2Count).toBe(1))
  // It names nobody; what stands behind that counts all the same.
  const most = (1 + 10_000) * 16
  viewer.askForMissing(new Uint8Array(most))
  await vi.waitFor(() => expect([viewer.step2Count, wordsOf(viewer)]).toEqual([2, ['word']]))
  viewer.askForMissing(new Uint8Array(most + 1))
  expect(await viewer.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  expect(viewer.step2Count).toBe(2)
})

test('a frame of more than 8 MB closes the connection before it is read', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(new Uint8Array(8 * 1024 * 1024))
  expect((await ada.closed).code).toBe(1009)
})

test('who asks for heartbeats without end, and reads none of them, is sent away', async () => {
  const { roomId, viewerToken } = await openRoom(server)
  const reader = new SlowReader()
  const eve = new RawClient(server.syncUrl, roomId, reader.options)
  onTestFinished(() => eve.terminate())
  await eve.join(viewerToken)
  await vi.waitFor(() => expect(eve.step2Count).toBe(1))
  reader.stop()
  for (let n = 0; n < 20_000; n++) eve.ping()
  reader.goOn()
  expect(await eve.closed).toEqual({ code: 4529, reason: 'rate_limited' })
  expect(eve.pongCount).toBeLessThan(2_000)
})

test('a person cannot open sockets without end, a room has so many stays, and who leaves makes place', async () => {
  const small = await startTestServer({ environment: { MAX_SOCKETS_PER_USER: '3', MAX_SOCKETS_PER_ROOM: '4' } })
  onTestFinished(() => small.remove())
  const { roomId, ownerToken, editorToken, viewerToken } = await openRoom(small)
  const tooMany = { code: 4529, reason: 'too_many_connections' }
  const crowded = { code: 4529, reason: 'room_crowded' }
  const come = async (token: string) => {
    const client = new RawClient(small.syncUrl, roomId)
    onTestFinished(() => client.terminate())
    await client.join(token)
    return client
  }
  // All at once: who is on the way in counts.
  const edith = await Promise.all(Array.from({ length: 6 }, () => come(editorToken)))
  await vi.waitFor(() => expect(edith.filter(({ isOpen, notices }) => isOpen && notices.length > 0)).toHaveLength(3))
  await vi.waitFor(() => expect(edith.filter(({ isOpen }) => isOpen)).toHaveLength(3))
  for (const each of edith.filter(({ isOpen }) => !isOpen)) expect(await each.closed).toEqual(tooMany)
  const ada = await joinRoom(small, roomId, ownerToken)
  expect(await (await come(viewerToken)).closed).toEqual(crowded)
  ada.close()
  await ada.closed
  await joinRoom(small, roomId, viewerToken)
})

test('guests with the link cannot keep the members out of a room', async () => {
  const small = await startTestServer({ environment: { MAX_VISITOR_SOCKETS_PER_ROOM: '2' } })
  onTestFinished(() => small.remove())
  const { accessToken: ownerToken } = await small.api.guest('Ada')
  const { id: roomId } = await small.api.createRoom(ownerToken, 'link-edit')
  const editorToken = await small.api.roomToken(ownerToken, roomId, 'editor', 'ed')
  const come = async () => {
    const client = new RawClient(small.syncUrl, roomId)
    onTestFinished(() => client.terminate())
    await client.join((await small.api.guest()).accessToken)
    return client
  }
  await joinRoom(small, roomId, ownerToken)
  const guests = [await come(), await come()]
  await vi.waitFor(() => expect(guests.every(({ notices }) => notices.length > 0)).toBe(true))
  expect(await (await come()).closed).toEqual({ code: 4529, reason: 'room_crowded' })
  await joinRoom(small, roomId, editorToken)
  await joinRoom(small, roomId, ownerToken)
  guests[0]?.close()
  await guests[0]?.closed
  const next = await come()
  await vi.waitFor(() => expect(next.notices.length).toBeGreaterThan(0))
})

/** Comes into a room as often as that on one socket, and says what became of each stay. */
async function comeOften(from: TestServer, roomId: string, token: string, times: number): Promise<string[]> {
  const first = new RawClient(from.syncUrl, roomId)
  const others: RawClient[] = []
  onTestFinished(() => first.terminate())
  await first.open()
  while (others.length < times - 1)
    others.push(new RawClient(from.syncUrl, `${roomId}\0${others.length}`, { shared: first }))
  const stays = [first, ...others]
  for (const stay of stays) stay.sendToken(token)
  await vi.waitFor(() => expect(stays.every(({ welcome, denied }) => welcome ?? denied)).toBe(true))
  return stays.map(({ denied }) => denied ?? 'in').sort()
}

test('one person cannot take up a room by many stays on each of many sockets', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const all = [
    ...(await comeOften(server, roomId, editorToken, 20)),
    ...(await comeOften(server, roomId, editorToken, 20)),
  ]
  expect([all.slice(0, 20), all.slice(20)]).toEqual([
    Array(20).fill('in'),
    [...Array(12).fill('in'), ...Array(8).fill('too_many_connections')],
  ])
  // Whoever else comes finds a place, and so does she once more.
  await joinRoom(server, roomId, ownerToken)
  expect(ada.isOpen).toBe(true)
})

test('an editor cannot keep the members out by users of their own, nor the owner by members', async () => {
  const places = { MAX_SOCKETS_PER_ROOM: '6', MAX_MEMBER_SOCKETS_PER_ROOM: '5', MAX_VISITOR_SOCKETS_PER_ROOM: '3' }
  const small = await startTestServer({ environment: places })
  onTestFinished(() => small.remove())
  const { roomId, ownerToken } = await openRoom(small)
  const invite = async (token: string) => {
    const guest = await small.api.guest()
    const body = { role: 'editor' }
    await small.api.call('PUT', apiPath('member', { roomId, userId: guest.user.id }), { token, body })
    return guest.accessToken
  }
  const eve = await invite(ownerToken)
  const sent = await Promise.all([1, 2, 3, 4].map((n) => small.api.roomToken(eve, roomId, 'editor', `user ${n}`)))
  for (const token of sent.slice(0, 3)) await joinRoom(small, roomId, token)
  expect(await comeOften(small, roomId, sent[3] ?? '', 1)).toEqual(['room_crowded'])
  const friends = [await invite(eve), await invite(eve), await invite(eve)]
  for (const token of friends.slice(0, 2)) await joinRoom(small, roomId, token)
  expect(await comeOften(small, roomId, friends[2] ?? '', 1)).toEqual(['room_crowded'])
  await joinRoom(small, roomId, ownerToken)
  expect(await comeOften(small, roomId, ownerToken, 1)).toEqual(['room_crowded'])
})

test('a socket that tries tokens without end is closed', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  for (let n = 0; n < 300; n++) ada.sendToken(ownerToken)
  expect(await ada.closed).toEqual({ code: 4529, reason: 'rate_limited' })
})

test('a socket that has not signed in cannot try bad tokens without end', async () => {
  const { roomId } = await openRoom(server)
  const guesser = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => guesser.terminate())
  await guesser.open()
  // Something waits for another room, so that the first refusal does not end the socket.
  new RawClient(server.syncUrl, `${roomId}\0other`, { shared: guesser }).sendType(MESSAGE.queryAwareness)
  guesser.sendToken('bad-token')
  await vi.waitFor(() => expect(guesser.denied).toBe('unauthenticated'))
  expect(guesser.isOpen).toBe(true)
  for (let n = 1; n < 1_000; n++) guesser.sendToken(`bad-token-${n}`)
  expect(await guesser.closed).toEqual({ code: 4529, reason: 'rate_limited' })
})

test('a socket that closes while it is being let in leaves nobody behind', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  for (let n = 0; n < 20; n++) {
    const client = new RawClient(server.syncUrl, roomId)
    await client.join(ownerToken)
    setTimeout(() => client.terminate(), n % 5)
    await client.closed
  }
  await vi.waitFor(async () => {
    const room = (await (await server.api.call('GET', `/api/v1/rooms/${roomId}`, { token: ownerToken })).json()) as {
      present: unknown[]
    }
    expect(room.present).toEqual([])
  })
})

test.for(['//', '/sync/../..', '/yjs/%', '/\\', '/yjs/'])(
  'an upgrade to %s is refused, and the server lives',
  async (path) => {
    const { port, hostname } = new URL(server.api.origin)
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, path, headers }, (response) => resolve(response.statusCode))
      request.on('error', reject)
      request.end()
    })
    expect(status).toBe(404)
    expect((await server.api.call('GET', '/live')).status).toBe(200)
  },
)

test('a value that nests deeper than any drawing is refused before it is applied', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, eve] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  let deep: unknown[] = []
  for (let n = 0; n < 100; n++) deep = [deep]
  eve.write(eve.edit((doc) => doc.getMap('elements').set('deep', new Y.Map([['customData', deep]]))))
  expect(await eve.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  ada.write(ada.edit(setWord('fine')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(wordsOf(ada)).toEqual(['fine'])
})

test('a cursor that nests deeper than any is refused, and whoever draws at that moment goes on', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const [ada, eve] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, viewerToken)]
  // What can just be written out from here could not from within somebody's edit, a few calls deeper.
  const depth = 4_380
  const encoder = encoding.createEncoder()
  for (const number of [1, eve.doc.clientID, 1]) encoding.writeVarUint(encoder, number)
  encoding.writeVarString(encoder, `{"pointer":${'['.repeat(depth)}${']'.repeat(depth)}}`)
  eve.sendAwareness(encoding.toUint8Array(encoder))
  ada.write(ada.edit(drawLarge(5_000)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(await eve.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  expect(ada.isOpen).toBe(true)
})

test('what waits for a socket that never signs in is bounded, also when it comes in frames of a few bytes', async () => {
  const client = new RawClient(server.syncUrl, 'r')
  await client.open()
  // 60 KB in all, of which each frame is an object in memory.
  for (let n = 0; n < 15_000; n++) client.sendType(MESSAGE.queryAwareness)
  expect(await client.closed).toEqual({ code: 4413, reason: 'too_large' })
})

test('a room named as what every object has is no room, and nothing is printed about it', async () => {
  const printed = vi.spyOn(console, 'error')
  onTestFinished(() => printed.mockRestore())
  const client = new RawClient(server.syncUrl, 'constructor')
  await client.join('whatever')
  expect(await client.closed).toEqual({ code: 4404, reason: 'not_found' })
  expect(printed).not.toHaveBeenCalled()
})

test('an address that is no room’s is too much at 200 characters', async () => {
  const { roomId } = await openRoom(server)
  const client = new RawClient(server.syncUrl, `${roomId}\0${'x'.repeat(300)}`)
  await client.join('whatever')
  expect((await client.closed).code).toBe(4403)
})

test('what waits for rooms that are never joined is bounded, whatever is joined meanwhile', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const socket = new WebSocket(server.syncUrl)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  let joined = 0
  socket.on('message', () => (joined += 1))
  for (let n = 0; n < 4; n++) {
    const encoder = encoding.createEncoder()
    encoding.writeVarString(encoder, `elsewhere-${n}`)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint8Array(encoder, new Uint8Array(n === 0 ? 50_000 : 500_000))
    socket.send(encoding.toUint8Array(encoder))
    if (n === 0) {
      const auth = encoding.createEncoder()
      encoding.writeVarString(auth, roomId)
      encoding.writeVarUint(auth, MESSAGE.auth)
      encoding.writeVarUint(auth, AUTH.token)
      encoding.writeVarString(auth, ownerToken)
      socket.send(encoding.toUint8Array(auth))
    }
    await vi.waitFor(() => expect(joined).toBeGreaterThan(0))
  }
  expect(await closed).toBe(4413)
})

test('a socket that does not sign in is closed, whatever it tries instead', { timeout: 30_000 }, async () => {
  const { roomId } = await openRoom(server)
  const silent = new RawClient(server.syncUrl, roomId)
  await silent.open()
  // Something waits for one room, so that a refusal at another does not end the socket.
  const trying = new RawClient(server.syncUrl, roomId)
  await trying.open()
  trying.sendType(MESSAGE.queryAwareness)
  const other = new RawClient(server.syncUrl, `${roomId}\0other`, { shared: trying })
  const tries = setInterval(() => other.isOpen && other.sendToken('nonsense'), 500)
  onTestFinished(() => clearInterval(tries))
  expect(await silent.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
  expect(await trying.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
  expect(other.denied).toBe('unauthenticated')
})
