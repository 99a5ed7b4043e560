import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { aroundStore } from './testing/around-store.ts'
import { startTestServer } from './testing/test-server.ts'
import { joinRoom, openRoom, setWord } from './testing/test-room.ts'

test('stopping while people draw is clean, however fast they draw', async () => {
  let commitMs = 0
  const server = await startTestServer({
    wrapDocumentStore: (store) =>
      aroundStore(store, async (call, work) => {
        if (call === 'append') await wait(commitMs)
        return work()
      }),
  })
  onTestFinished(() => server.remove())
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  commitMs = 20
  let words = 0
  const drawing = setInterval(() => ada.write(ada.edit(setWord(`word ${words++}`))), 2)
  onTestFinished(() => clearInterval(drawing))
  await vi.waitFor(() => expect(ada.answers.length).toBeGreaterThan(5))
  expect(await server.stop()).toBe(true)
})

test('a request that is under way when the server stops is answered', async () => {
  const server = await startTestServer()
  onTestFinished(() => server.remove())
  const signup = request(`${server.api.origin}/api/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', expect: '100-continue' },
  })
  signup.flushHeaders()
  await once(signup, 'continue')
  const answered = once(signup, 'response')
  signup.end(JSON.stringify({ name: 'Ada', email: 'ada@example.org', password: 'correct horse' }))
  expect(await server.stop()).toBe(true)
  const [{ statusCode }] = await answered
  expect(statusCode).toBe(201)
})
