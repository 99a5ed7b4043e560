import { once } from 'node:events'
import { request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { startTestServer } from './testing/test-server.ts'

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
