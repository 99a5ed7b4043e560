import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { ApiError, OfflineError } from './api-error.ts'
import { createHttp } from './http.ts'

const closers: Array<() => void> = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function connectTo(listener: RequestListener, timeoutMs = 5_000) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return createHttp({ serverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeoutMs })
}

const get = { method: 'GET', path: '/x', schema: z.object({ ok: z.literal(true) }) } as const

test('sends the token and the query, and checks the answer', async () => {
  const send = await connectTo((request, response) => {
    response.end(JSON.stringify({ ok: request.url === '/x?q=a+b' && request.headers.authorization === 'Bearer t' }))
  })
  await expect(send({ ...get, query: { q: 'a b', cursor: undefined } }, 't')).resolves.toEqual({ ok: true })
  await expect(send(get)).rejects.toThrow(z.ZodError)
})

test('tells faults by field, and when to try again', async () => {
  const send = await connectTo((_, response) => {
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '7' })
    const errors = [
      { pointer: '/email', detail: 'must be an address' },
      { pointer: '#/user/name', detail: 'is too long' },
    ]
    response.end(JSON.stringify({ type: 'x', title: 'Too often', status: 429, code: 'rate_limited', errors }))
  })
  const error = await send(get).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({
    code: 'rate_limited',
    message: 'Too often',
    fields: { email: 'must be an address', user: 'is too long' },
    retryAfterSeconds: 7,
  })
})

test('a gateway with no server behind it counts as offline, an error of the server does not', async () => {
  let status = 502
  const send = await connectTo((_, response) => {
    response.writeHead(status)
    response.end('<h1>Bad gateway</h1>')
  })
  await expect(send(get)).rejects.toBeInstanceOf(OfflineError)
  status = 500
  await expect(send(get)).rejects.toMatchObject({ name: 'ApiError', code: 'internal', status: 500 })
})

test('a refused connection, a cut one and no answer in time are offline', async () => {
  await expect(createHttp({ serverUrl: 'http://127.0.0.1:1' })(get)).rejects.toBeInstanceOf(OfflineError)
  const cut = await connectTo((request) => request.socket.destroy())
  await expect(cut(get)).rejects.toBeInstanceOf(OfflineError)
  const silent = await connectTo(() => {}, 20)
  await expect(silent(get)).rejects.toBeInstanceOf(OfflineError)
})

test('a caller who gave up is told so, and not that the network is gone', async () => {
  const abort = new AbortController()
  const send = await connectTo(() => abort.abort(new Error('enough')))
  await expect(send({ ...get, signal: abort.signal })).rejects.toThrow('enough')
})
