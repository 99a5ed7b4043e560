import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { request as httpRequest } from 'node:http'
import * as encoding from 'lib0/encoding'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { RawClient } from '../testing/raw-client.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { authToken } from './wire.ts'

let server: TestServer
const cleanups: Array<() => void> = []

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  for (const cleanup of cleanups) cleanup()
  await server.remove()
})

/** A room with its owner, and room tokens for others. */
async function newRoom() {
  const { accessToken } = await server.api.guest()
  const room = await server.api.createRoom(accessToken)
  return {
    roomId: room.id,
    ownerToken: accessToken,
    editorToken: await server.api.roomToken(accessToken, room.id, 'editor', 'ed'),
    viewerToken: await server.api.roomToken(accessToken, room.id, 'viewer', 'vi'),
  }
}

async function join(roomId: string, token: string): Promise<RawClient> {
  const client = new RawClient(server.syncUrl, roomId)
  cleanups.push(() => client.terminate())
  await client.join(token)
  await vi.waitFor(() => expect(client.notices.some(({ type }) => type === 'role')).toBe(true))
  return client
}

const set = (key: string) => (doc: Y.Doc) => doc.getMap('words').set(key, true)
const words = (client: { doc: Y.Doc }) => [...client.doc.getMap('words').keys()].sort()

test('a write reaches the other and is acknowledged as durable', async () => {
  const { roomId, ownerToken, editorToken } = await newRoom()
  const [ada, ed] = [await join(roomId, ownerToken), await join(roomId, editorToken)]
  ada.write(ada.edit(set('hello')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await vi.waitFor(() => expect(words(ed)).toEqual(['hello']))
})

test('each write gets one answer, in order', async () => {
  const { roomId, ownerToken } = await newRoom()
  const ada = await join(roomId, ownerToken)
  for (let n = 0; n < 50; n++) ada.write(ada.edit(set(`w${n}`)), n % 2 ? 'update' : 'step2')
  await vi.waitFor(() => expect(ada.answers).toHaveLength(50))
  expect(new Set(ada.answers)).toEqual(new Set(['durable']))
})

test.for([
  ['update', 0],
  ['step2', 0],
  ['update', 4],
  ['step2', 4],
] as const)('a viewer’s %s (message type %i) changes nothing anywhere, and says why', async ([kind, type]) => {
  const { roomId, ownerToken, viewerToken } = await newRoom()
  const [ada, viewer] = [await join(roomId, ownerToken), await join(roomId, viewerToken)]
  viewer.write(viewer.edit(set('graffiti')), kind, type)
  await vi.waitFor(() => expect(viewer.answers).toEqual(['refused']))
  expect(viewer.notices).toContainEqual({ type: 'refused', reason: 'read_only' })
  ada.write(ada.edit(set('drawing')))
  await vi.waitFor(() => expect(words(viewer)).toEqual(['drawing', 'graffiti']))
  expect(words(ada)).toEqual(['drawing'])
  const later = await join(roomId, ownerToken)
  await vi.waitFor(() => expect(words(later)).toEqual(['drawing']))
})

test.for([6, 7 + 20, 99])('a frame of type %i from a client ends its connection', async (type) => {
  const { roomId, ownerToken } = await newRoom()
  const ada = await join(roomId, ownerToken)
  ada.sendType(type, new Uint8Array([3, 97, 98, 99]))
  expect(await ada.closed).toEqual({ code: 4403, reason: 'invalid_request' })
})

test('an update that does not decode closes that connection and changes nothing', async () => {
  const { roomId, ownerToken, editorToken } = await newRoom()
  const [ada, ed] = [await join(roomId, ownerToken), await join(roomId, editorToken)]
  const whole = ada.edit(set('word'))
  ada.write(whole.slice(0, -3))
  expect(await ada.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  ed.write(ed.edit(set('fine')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['durable']))
  expect(words(ed)).toEqual(['fine'])
})

test('an update whose dependencies are missing is not acknowledged, and the sender is asked for all it has', async () => {
  const { roomId, ownerToken } = await newRoom()
  const ada = await join(roomId, ownerToken)
  await vi.waitFor(() => expect(ada.step1Count).toBe(1))
  ada.edit(set('first'))
  ada.write(ada.edit(set('second')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['refused']))
  await vi.waitFor(() => expect(ada.step1Count).toBe(2))
  ada.write(Y.encodeStateAsUpdate(ada.doc), 'step2')
  await vi.waitFor(() => expect(ada.answers).toEqual(['refused', 'durable']))
  const later = await join(roomId, ownerToken)
  await vi.waitFor(() => expect(words(later)).toEqual(['first', 'second']))
})

test('a token for one room opens no other', async () => {
  const [here, there] = [await newRoom(), await newRoom()]
  const client = new RawClient(server.syncUrl, there.roomId)
  await client.join(here.editorToken)
  expect(await client.closed).toEqual({ code: 4404, reason: 'not_found' })
  expect(client.denied).toBe('not_found')
})

test.for([
  ['nonsense', 4401, 'unauthenticated'],
  ['', 4401, 'unauthenticated'],
] as const)('the token «%s» opens nothing', async ([token, code, reason]) => {
  const { roomId } = await newRoom()
  const client = new RawClient(server.syncUrl, roomId)
  await client.join(token)
  expect(await client.closed).toEqual({ code, reason })
})

test('a page of a foreign origin may not connect, and one that the room token names may', async () => {
  const { roomId, ownerToken } = await newRoom()
  const foreign = new RawClient(server.syncUrl, roomId, { origin: 'https://evil.example' })
  await foreign.join(ownerToken)
  expect(await foreign.closed).toEqual({ code: 4403, reason: 'forbidden' })
  const body = { user: { id: 'host', name: 'Host' }, role: 'editor', origins: ['https://host.example'] }
  const path = `/api/v1/rooms/${roomId}/tokens`
  const { token } = (await (await server.api.call('POST', path, { token: ownerToken, body })).json()) as {
    token: string
  }
  const host = new RawClient(server.syncUrl, roomId, { origin: 'https://host.example' })
  cleanups.push(() => host.terminate())
  await host.join(token)
  await vi.waitFor(() => expect(host.notices).toContainEqual({ type: 'role', role: 'editor' }))
})

test('a socket that tries tokens without end is closed', async () => {
  const { roomId, ownerToken } = await newRoom()
  const ada = await join(roomId, ownerToken)
  for (let n = 0; n < 100; n++) ada.sendToken(ownerToken)
  expect(await ada.closed).toEqual({ code: 4429, reason: 'rate_limited' })
})

test('a socket that closes while it is being let in leaves nobody behind', async () => {
  const { roomId, ownerToken } = await newRoom()
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
  const { roomId, ownerToken, editorToken } = await newRoom()
  const [ada, eve] = [await join(roomId, ownerToken), await join(roomId, editorToken)]
  let deep: unknown[] = []
  for (let n = 0; n < 100; n++) deep = [deep]
  eve.write(eve.edit((doc) => doc.getMap('words').set('deep', deep)))
  expect(await eve.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  ada.write(ada.edit(set('fine')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(words(ada)).toEqual(['fine'])
})

test('an address that is no room’s is too much at 200 characters', async () => {
  const { roomId } = await newRoom()
  const client = new RawClient(server.syncUrl, `${roomId}\0${'x'.repeat(300)}`)
  await client.join('whatever')
  expect((await client.closed).code).toBe(4403)
})

test('what waits for rooms that are never joined is bounded, whatever is joined meanwhile', async () => {
  const { roomId, ownerToken } = await newRoom()
  const socket = new WebSocket(server.syncUrl)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  let joined = 0
  socket.on('message', () => (joined += 1))
  for (let n = 0; n < 3; n++) {
    const encoder = encoding.createEncoder()
    encoding.writeVarString(encoder, `elsewhere-${n}`)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint8Array(encoder, new Uint8Array(500_000))
    socket.send(encoding.toUint8Array(encoder))
    if (n === 0) socket.send(authToken(roomId, ownerToken))
    await vi.waitFor(() => expect(joined).toBeGreaterThan(0))
  }
  expect(await closed).toBe(4413)
})

test('a socket that does not sign in is closed', { timeout: 20_000 }, async () => {
  const { roomId } = await newRoom()
  const client = new RawClient(server.syncUrl, roomId)
  await client.open()
  expect(await client.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
})

test('two rooms share a socket of the stock provider, each under its own rights', async () => {
  const [first, second] = [await newRoom(), await newRoom()]
  const socket = new HocuspocusProviderWebsocket({ url: server.syncUrl, WebSocketPolyfill: WebSocket })
  const open = (name: string, token: string) => {
    const provider = new HocuspocusProvider({ name, token, websocketProvider: socket, document: new Y.Doc() })
    provider.attach()
    return provider
  }
  const [a, b] = [open(first.roomId, first.editorToken), open(second.roomId, second.editorToken)]
  cleanups.push(() => [a, b, socket].forEach((part) => part.destroy()))
  await vi.waitFor(() => expect([a.isSynced, b.isSynced]).toEqual([true, true]))
  a.document.getMap('words').set('a', true)
  b.document.getMap('words').set('b', true)
  await vi.waitFor(() => expect([a.unsyncedChanges, b.unsyncedChanges]).toEqual([0, 0]))
  const watcher = await join(first.roomId, first.ownerToken)
  await vi.waitFor(() => expect(words(watcher)).toEqual(['a']))
})

test('a plain y-websocket provider reads and writes beside a Hocuspocus client, with a room token', async () => {
  const { roomId, ownerToken, editorToken } = await newRoom()
  const ada = await join(roomId, ownerToken)
  const open = (options: object) => {
    const provider = new WebsocketProvider(server.yjsUrl, roomId, new Y.Doc(), {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      ...options,
    })
    cleanups.push(() => provider.destroy())
    return provider
  }
  const byProtocol = open({ protocols: ['sketchroom', editorToken] })
  const byQuery = open({ params: { token: editorToken } })
  await vi.waitFor(() => expect([byProtocol.synced, byQuery.synced]).toEqual([true, true]))
  byProtocol.doc.getMap('words').set('protocol', true)
  byQuery.doc.getMap('words').set('query', true)
  ada.write(ada.edit(set('hocuspocus')))
  const all = ['hocuspocus', 'protocol', 'query']
  await vi.waitFor(() => {
    for (const client of [ada, byProtocol, byQuery]) expect(words(client)).toEqual(all)
  })
  byProtocol.awareness.setLocalState({ user: { id: 'root', name: 'Root', color: '#000000' }, pointer: { x: 1, y: 2 } })
  await vi.waitFor(() => {
    const seen = byQuery.awareness.getStates().get(byProtocol.doc.clientID)
    expect(seen).toMatchObject({ user: { id: 'ed' }, pointer: { x: 1, y: 2 } })
  })
})

test('an access token is not taken from a URL', async () => {
  const { roomId, ownerToken } = await newRoom()
  const socket = new WebSocket(`${server.yjsUrl}/${roomId}?token=${ownerToken}`)
  const code = await new Promise((resolve) => socket.once('close', resolve))
  expect(code).toBe(4401)
})

test('a y-websocket viewer’s write is refused, and it is told so', async () => {
  const { roomId, ownerToken, viewerToken } = await newRoom()
  const ada = await join(roomId, ownerToken)
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const provider = new WebsocketProvider(server.yjsUrl, roomId, new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    protocols: ['sketchroom', viewerToken],
  })
  cleanups.push(() => provider.destroy())
  await vi.waitFor(() => expect(provider.synced).toBe(true))
  provider.doc.getMap('words').set('graffiti', true)
  await vi.waitFor(() => expect(warn.mock.calls.flat().join(' ')).toContain('read_only'))
  ada.write(ada.edit(set('drawing')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(words(ada)).toEqual(['drawing'])
})
