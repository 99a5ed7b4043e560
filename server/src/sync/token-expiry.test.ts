import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { setWord } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const MINUTES = 60_000
let server: TestServer
let ahead = 0

beforeEach(async () => {
  ahead = 0
  server = await startTestServer({ now: () => Date.now() + ahead })
})
afterEach(() => server.remove())

/** Somebody in a room of their own, and how to get them another access token. */
async function joined() {
  const response = await server.api.call('POST', '/api/v1/auth/guest', { body: {} })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { accessToken } = (await response.json()) as { accessToken: string }
  const { id } = await server.api.createRoom(accessToken)
  const client = new RawClient(server.syncUrl, id)
  let requests = 0
  client.onTokenRequest = () => (requests += 1)
  await client.join(accessToken)
  await vi.waitFor(() => expect(client.step1Count).toBe(1))
  const refresh = async () => {
    const url = `${server.api.origin}/api/v1/auth/refresh`
    const refreshed = await fetch(url, { method: 'POST', headers: { cookie, origin: server.api.origin } })
    return ((await refreshed.json()) as { accessToken: string }).accessToken
  }
  return { client, accessToken, refresh, requests: () => requests }
}

const AFTER_A_CHECK = { timeout: 12_000 }

test(
  'an open connection is asked for a fresh token in time, once, and goes on with it',
  { timeout: 40_000 },
  async () => {
    const { client, refresh, requests } = await joined()
    ahead = 9.6 * MINUTES
    await vi.waitFor(() => expect(requests()).toBe(1), AFTER_A_CHECK)
    client.sendToken(await refresh())
    await vi.waitFor(() => expect(client.notices).toHaveLength(2))
    // Long past the first token's end, and close to the second's: the connection lives on it.
    ahead = 19.2 * MINUTES
    await vi.waitFor(() => expect(requests()).toBe(2), AFTER_A_CHECK)
    client.write(client.edit(setWord('still here')))
    await vi.waitFor(() => expect(client.answers).toEqual(['durable']))
    client.terminate()
  },
)

test(
  'a client that answers with the token it has is asked again, and stays connected',
  { timeout: 60_000 },
  async () => {
    const { client, accessToken, refresh, requests } = await joined()
    ahead = 9.6 * MINUTES
    await vi.waitFor(() => expect(requests()).toBe(1), AFTER_A_CHECK)
    client.sendToken(accessToken)
    await vi.waitFor(() => expect(client.notices).toHaveLength(2))
    ahead = 9.8 * MINUTES
    await vi.waitFor(() => expect(requests()).toBe(2), AFTER_A_CHECK)
    client.sendToken(await refresh())
    await vi.waitFor(() => expect(client.notices).toHaveLength(3))
    ahead = 19.5 * MINUTES
    await vi.waitFor(() => expect(requests()).toBe(3), AFTER_A_CHECK)
    client.write(client.edit(setWord('still here')))
    await vi.waitFor(() => expect(client.answers).toEqual(['durable']))
    client.terminate()
  },
)

test(
  'without a fresh token the connection is closed, and edits are no longer acknowledged',
  { timeout: 40_000 },
  async () => {
    const { client } = await joined()
    ahead = 11 * MINUTES
    expect(await client.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
  },
)

test('another person’s token does not renew a connection, although it would let them into that room', async () => {
  const { accessToken: ownerToken } = await server.api.guest('Ada')
  const { id } = await server.api.createRoom(ownerToken, 'link-edit')
  const [client, eve] = [new RawClient(server.syncUrl, id), await server.api.guest('Eve')]
  await client.join(ownerToken)
  await vi.waitFor(() => expect(client.step1Count).toBe(1))
  client.sendToken(eve.accessToken)
  expect(await client.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
})

test('a token of somebody who may not be there ends the connection that it was to renew', async () => {
  const { client } = await joined()
  const { accessToken } = await server.api.guest('Eve')
  client.sendToken(accessToken)
  expect((await client.closed).code).toBe(4404)
})
