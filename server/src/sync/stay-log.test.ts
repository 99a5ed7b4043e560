import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { findFreePort } from '../testing/free-port.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { joinRoom } from '../testing/test-room.ts'
import { ApiCaller } from '../testing/test-server.ts'

test('the log says who came, and why and when they left, without names, addresses of mail and tokens', async () => {
  const [port, dataDir] = [await findFreePort(), await mkdtemp(join(tmpdir(), 'sketchroom-'))]
  const server = await ServerProcess.start(port, dataDir, { LOG_LEVEL: 'info' })
  onTestFinished(async () => {
    await server.end('SIGKILL')
    await removeServerData(dataDir)
  })
  const linesOf = (message: string) =>
    server.output
      .split('\n')
      .filter((line) => line.includes(`"msg":"${message}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const api = new ApiCaller(`http://127.0.0.1:${port}`)
  const { accessToken, user } = await api.guest('Ada Lovelace')
  const { id: roomId } = await api.createRoom(accessToken)
  const token = await api.roomToken(accessToken, roomId, 'viewer', 'bob@example.org', 'Bob Builder')
  const at = { syncUrl: `ws://127.0.0.1:${port}/sync` }
  const ada = await joinRoom(at, roomId, accessToken)
  const bob = await joinRoom(at, roomId, token)
  ada.close()
  await vi.waitFor(() => expect(linesOf('left a room')).toHaveLength(1))
  await api.call('PUT', `/api/v1/rooms/${roomId}/members/${user.id}:bob%40example.org`, {
    token: accessToken,
    body: { role: 'no role' },
  })
  await api.call('DELETE', `/api/v1/rooms/${roomId}`, { token: accessToken })
  await bob.closed
  await vi.waitFor(() => expect(linesOf('left a room')).toHaveLength(2))
  const [adaCame, bobCame] = linesOf('came into a room')
  expect(adaCame).toMatchObject({ roomId, userId: user.id, role: 'owner', address: '127.0.0.1' })
  expect(bobCame).toMatchObject({ roomId, userId: expect.stringMatching(/^#[\w-]{16}$/), role: 'viewer' })
  const [adaLeft, bobLeft] = linesOf('left a room')
  expect(adaLeft).toMatchObject({ connectionId: adaCame?.['connectionId'], userId: user.id, reason: 'client' })
  expect(adaLeft?.['stayedMs']).toEqual(expect.any(Number))
  expect(bobLeft).toMatchObject({ connectionId: bobCame?.['connectionId'], code: 4410, reason: 'room_deleted' })
  // The requests to the API, and not the probes that the start was awaited by.
  const paths = linesOf('request').filter(({ status }) => Number(status) < 400)
  expect(paths.map(({ path }) => path)).toEqual([
    '/api/v1/auth/guest',
    '/api/v1/rooms',
    `/api/v1/rooms/${roomId}/tokens`,
    `/api/v1/rooms/${roomId}`,
  ])
  for (const secret of ['Ada', 'Bob', '@example', '%40', token, accessToken])
    expect(server.output).not.toContain(secret)
})
