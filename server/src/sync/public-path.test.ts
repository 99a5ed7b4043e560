import { once } from 'node:events'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { drawLarge, joinRoom, openRoom } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { PUBLIC_URL: 'https://example.org/team/boards/' } })
})
afterAll(() => server.remove())

test('sockets open below the public path and without it, whatever the proxy does to it', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const passedOn = { ...server, syncUrl: server.syncUrl.replace('/sync', '/team/boards/sync') }
  const [ada, bob] = [await joinRoom(passedOn, roomId, ownerToken), await joinRoom(server, roomId, ownerToken)]
  ada.write(ada.edit(drawLarge(100)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await vi.waitFor(() => expect(bob.doc.getMap('elements').size).toBe(1))
  for (const base of ['', '/team/boards']) {
    const library = new WebSocket(`${server.api.origin.replace('http', 'ws')}${base}/yjs/${roomId}`, [
      'sketchroom',
      ownerToken,
    ])
    onTestFinished(() => library.terminate())
    await once(library, 'open')
    // It asks for the drawing; a server that is asked nothing says nothing for a while.
    library.send(Uint8Array.of(0, 0, 1, 0))
    await once(library, 'message')
  }
})
