import { OLDEST_PROTOCOL, PROTOCOL_VERSION } from '@sketchroom/shared/protocol/version'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, openRoom, drawLarge } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

test('who comes is told the versions that the server speaks, and how large the drawing is', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  expect(ada.welcome).toEqual({ type: 'welcome', protocol: PROTOCOL_VERSION, oldest: OLDEST_PROTOCOL, bytes: 0 })
  ada.write(ada.edit(drawLarge(10_000)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const viewer = await joinRoom(server, roomId, viewerToken)
  expect(viewer.welcome?.bytes).toBeGreaterThan(10_000)
  expect(viewer.welcome?.bytes).toBeLessThan(10_200)
})

test('who is not let in is told nothing of the drawing', async () => {
  const { roomId } = await openRoom(server)
  const { accessToken } = await server.api.guest('Eve')
  const eve = new RawClient(server.syncUrl, roomId)
  await eve.join(accessToken)
  await eve.closed
  expect([eve.denied, eve.welcome]).toEqual(['not_found', undefined])
})

test.for([`${OLDEST_PROTOCOL - 1}`, '', 'latest', '-1'])('version «%s» is too old, and told so', async (version) => {
  const { roomId, ownerToken } = await openRoom(server)
  const old = new RawClient(`${server.syncUrl}?v=${version}`, roomId)
  // The socket opens: a browser says to nobody why one did not.
  await old.join(ownerToken)
  expect(await old.closed).toEqual({ code: 4426, reason: 'client_outdated' })
  expect(old.welcome).toBeUndefined()
})

test.for([`?v=${PROTOCOL_VERSION}`, `?v=${PROTOCOL_VERSION + 5}`, ''])('«%s» is let in', async (query) => {
  const { roomId, ownerToken } = await openRoom(server)
  const client = new RawClient(server.syncUrl + query, roomId)
  onTestFinished(() => client.terminate())
  await client.join(ownerToken)
  // Whether a server is too old for a newer client is for the client to say: it hears the server's version.
  await vi.waitFor(() => expect(client.welcome?.protocol).toBe(PROTOCOL_VERSION))
})
