import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { joinRoom, openRoom, removeWord, setWord, wordsOf } from '../testing/test-room.ts'
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

/** Somebody who uses the plain library. */
function useLibrary(roomId: string, token: string): WebsocketProvider {
  const provider = new WebsocketProvider(server.yjsUrl, roomId, new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    protocols: ['sketchroom', token],
  })
  onTestFinished(() => provider.destroy())
  return provider
}

test('two who are offline by turns and both are refused nothing, and have all of it in the end', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  onTestFinished(() => warn.mockRestore())
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const people = [useLibrary(roomId, ownerToken), useLibrary(roomId, editorToken)]
  await vi.waitFor(() => expect(people.map(({ synced }) => synced)).toEqual([true, true]))
  const words: string[] = []
  for (let round = 0; round < 12; round++) {
    const away = people.filter((_, index) => ((round + 1) >> index) % 2 === 1)
    for (const each of away) each.disconnect()
    for (const [index, { doc }] of people.entries()) {
      words.push(`${round} ${index}`)
      setWord(`${round} ${index}`)(doc)
      doc.getMap('meta').set('name', words.at(-1))
      if (round % 3 === 2) removeWord(words.splice(round % words.length, 1)[0] ?? '')(doc)
    }
    for (const each of away) each.connect()
    await vi.waitFor(() => {
      expect(people.map(({ synced }) => synced)).toEqual([true, true])
      for (const each of people) expect(wordsOf(each)).toEqual([...words].sort())
    })
  }
  expect(warn.mock.calls).toEqual([])
})

test('who brings what another drew, which the server has not yet, has their own saved once the other has brought it', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  onTestFinished(() => void vi.restoreAllMocks())
  const { roomId, ownerToken, editorToken, viewerToken } = await openRoom(server)
  const [ada, bob] = [useLibrary(roomId, ownerToken), useLibrary(roomId, editorToken)]
  // The server knows whose client it is.
  setWord('before')(ada.doc)
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['before']))
  for (const each of [ada, bob]) each.disconnect()
  setWord('of Ada')(ada.doc)
  // Two windows of one browser tell each other; or the server has been killed before it had this in its store.
  Y.applyUpdate(bob.doc, Y.encodeStateAsUpdate(ada.doc))
  setWord('of Bob')(bob.doc)
  bob.connect()
  await vi.waitFor(() => expect(vi.mocked(console.warn).mock.calls.flat().join(' ')).toContain('foreign_client'))
  ada.connect()
  const newcomer = await joinRoom(server, roomId, viewerToken)
  await vi.waitFor(() => expect(wordsOf(newcomer)).toEqual(['before', 'of Ada', 'of Bob']))
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
