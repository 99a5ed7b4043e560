import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { openRoom, joinRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

test('a plain y-websocket provider reads and writes beside a Hocuspocus client, with a room token', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const open = (options: object) => {
    const provider = new WebsocketProvider(server.yjsUrl, roomId, new Y.Doc(), {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      ...options,
    })
    onTestFinished(() => provider.destroy())
    return provider
  }
  const byProtocol = open({ protocols: ['sketchroom', editorToken] })
  const byQuery = open({ params: { token: editorToken } })
  await vi.waitFor(() => expect([byProtocol.synced, byQuery.synced]).toEqual([true, true]))
  setWord('protocol')(byProtocol.doc)
  setWord('query')(byQuery.doc)
  ada.write(ada.edit(setWord('hocuspocus')))
  const all = ['hocuspocus', 'protocol', 'query']
  await vi.waitFor(() => {
    for (const client of [ada, byProtocol, byQuery]) expect(wordsOf(client)).toEqual(all)
  })
  byProtocol.awareness.setLocalState({ user: { id: 'root', name: 'Root', color: '#000000' }, pointer: { x: 1, y: 2 } })
  await vi.waitFor(() => {
    const seen = byQuery.awareness.getStates().get(byProtocol.doc.clientID)
    expect(seen).toMatchObject({ user: { id: expect.stringMatching(/^[\w-]{21}:ed$/) }, pointer: { x: 1, y: 2 } })
  })
})

test('an access token is not taken from a URL', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const socket = new WebSocket(`${server.yjsUrl}/${roomId}?token=${ownerToken}`)
  const code = await new Promise((resolve) => socket.once('close', resolve))
  expect(code).toBe(4401)
})

test('a y-websocket viewer’s write is refused, and it is told so', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const provider = new WebsocketProvider(server.yjsUrl, roomId, new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    protocols: ['sketchroom', viewerToken],
  })
  onTestFinished(() => provider.destroy())
  await vi.waitFor(() => expect(provider.synced).toBe(true))
  setWord('graffiti')(provider.doc)
  await vi.waitFor(() => expect(warn.mock.calls.flat().join(' ')).toContain('read_only'))
  ada.write(ada.edit(setWord('drawing')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(wordsOf(ada)).toEqual(['drawing'])
})
