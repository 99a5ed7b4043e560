import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { RawClient } from '../testing/raw-client.ts'
import { openRoom, joinRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

test('a write reaches the other and is acknowledged as durable', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  ada.write(ada.edit(setWord('hello')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await vi.waitFor(() => expect(wordsOf(ed)).toEqual(['hello']))
})

test('who draws is told of the others’ edits, and not of their own', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  await vi.waitFor(() => expect([ada.step1Count, ed.step1Count]).toEqual([1, 1]))
  let heard = 0
  ada.onUpdate = () => (heard += 1)
  for (let n = 1; n <= 20; n++) {
    ada.write(ada.edit(setWord(`w${n}`)))
    await vi.waitFor(() => expect(wordsOf(ed)).toHaveLength(n))
  }
  await ada.handled()
  expect(heard).toBe(0)
  ed.write(ed.edit(setWord('of Ed')))
  await vi.waitFor(() => expect(heard).toBe(1))
})

test('each write gets one answer, in order', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  for (let n = 0; n < 50; n++) ada.write(ada.edit(setWord(`w${n}`)), n % 2 ? 'update' : 'step2')
  await vi.waitFor(() => expect(ada.answers).toHaveLength(50))
  expect(new Set(ada.answers)).toEqual(new Set(['durable']))
})

test.for([
  ['update', 0],
  ['step2', 0],
  ['update', 4],
  ['step2', 4],
] as const)('a viewer’s %s (message type %i) changes nothing anywhere, and says why', async ([kind, type]) => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const [ada, viewer] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, viewerToken)]
  viewer.write(viewer.edit(setWord('graffiti')), kind, type)
  await vi.waitFor(() => expect(viewer.answers).toEqual(['refused']))
  expect(viewer.notices).toContainEqual({ type: 'refused', reason: 'read_only' })
  ada.write(ada.edit(setWord('drawing')))
  await vi.waitFor(() => expect(wordsOf(viewer)).toEqual(['drawing', 'graffiti']))
  expect(wordsOf(ada)).toEqual(['drawing'])
  const later = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(later)).toEqual(['drawing']))
})

test('what a room was loaded with is not sent again with the first edit', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit(setWord('old')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  ada.close()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))

  const ed = await joinRoom(server, roomId, editorToken)
  const listener = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => listener.terminate())
  await listener.open()
  listener.sendToken(ownerToken)
  await vi.waitFor(() => expect(listener.notices).toHaveLength(1))
  ed.write(ed.edit(setWord('new')))
  await vi.waitFor(() => expect(wordsOf(listener)).toEqual(['new']))
  expect(wordsOf(ed)).toEqual(['new', 'old'])
})

test('an update whose dependencies are missing is not acknowledged, and the sender is asked for all it has', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(ada.step1Count).toBe(1))
  ada.edit(setWord('first'))
  ada.write(ada.edit(setWord('second')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['refused']))
  await vi.waitFor(() => expect(ada.step1Count).toBe(2))
  ada.write(Y.encodeStateAsUpdate(ada.doc), 'step2')
  await vi.waitFor(() => expect(ada.answers).toEqual(['refused', 'durable']))
  const later = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(later)).toEqual(['first', 'second']))
})

test('a token for one room opens no other', async () => {
  const [here, there] = [await openRoom(server), await openRoom(server)]
  const client = new RawClient(server.syncUrl, there.roomId)
  await client.join(here.editorToken)
  expect(await client.closed).toEqual({ code: 4404, reason: 'not_found' })
  expect(client.denied).toBe('not_found')
})

test.for([
  ['nonsense', 4401, 'unauthenticated'],
  ['', 4401, 'unauthenticated'],
] as const)('the token «%s» opens nothing', async ([token, code, reason]) => {
  const { roomId } = await openRoom(server)
  const client = new RawClient(server.syncUrl, roomId)
  await client.join(token)
  expect(await client.closed).toEqual({ code, reason })
})

test('a page of a foreign origin may not connect, and one that the room token names may', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const foreign = new RawClient(server.syncUrl, roomId, { origin: 'https://evil.example' })
  await foreign.join(ownerToken)
  expect(await foreign.closed).toEqual({ code: 4403, reason: 'forbidden' })
  const body = { user: { id: 'host', name: 'Host' }, role: 'editor', origins: ['https://host.example'] }
  const path = `/api/v1/rooms/${roomId}/tokens`
  const { token } = (await (await server.api.call('POST', path, { token: ownerToken, body })).json()) as {
    token: string
  }
  const host = new RawClient(server.syncUrl, roomId, { origin: 'https://host.example' })
  onTestFinished(() => host.terminate())
  await host.join(token)
  await vi.waitFor(() => expect(host.notices).toContainEqual({ type: 'role', role: 'editor' }))
})

test('a page of the server’s own may connect, by whatever name it reached the server', async () => {
  const behindProxy = await startTestServer({ trustProxy: 1 })
  onTestFinished(() => behindProxy.remove())
  const origin = 'http://192.168.1.5:3000'
  const enter = async (to: TestServer, headers: Record<string, string>) => {
    const { roomId, ownerToken } = await openRoom(to)
    const client = new RawClient(to.syncUrl, roomId, { origin, headers })
    onTestFinished(() => client.terminate())
    await client.join(ownerToken)
    return client
  }
  const forwarded = { 'x-forwarded-host': '192.168.1.5:3000' }
  for (const own of [await enter(server, { host: '192.168.1.5:3000' }), await enter(behindProxy, forwarded)]) {
    await vi.waitFor(() => expect(own.notices).toContainEqual({ type: 'role', role: 'owner' }))
  }
  // Without a proxy that is trusted, anybody may have made this header up.
  const foreign = await enter(server, forwarded)
  expect(await foreign.closed).toEqual({ code: 4403, reason: 'forbidden' })
})

test('two rooms share a socket of the stock provider, each under its own rights', async () => {
  const [first, second] = [await openRoom(server), await openRoom(server)]
  const socket = new HocuspocusProviderWebsocket({ url: server.syncUrl, WebSocketPolyfill: WebSocket })
  const open = (name: string, token: string) => {
    const provider = new HocuspocusProvider({ name, token, websocketProvider: socket, document: new Y.Doc() })
    provider.attach()
    return provider
  }
  const [a, b] = [open(first.roomId, first.editorToken), open(second.roomId, second.editorToken)]
  onTestFinished(() => [a, b, socket].forEach((part) => part.destroy()))
  await vi.waitFor(() => expect([a.isSynced, b.isSynced]).toEqual([true, true]))
  setWord('a')(a.document)
  setWord('b')(b.document)
  await vi.waitFor(() => expect([a.unsyncedChanges, b.unsyncedChanges]).toEqual([0, 0]))
  const watcher = await joinRoom(server, first.roomId, first.ownerToken)
  await vi.waitFor(() => expect(wordsOf(watcher)).toEqual(['a']))
})
