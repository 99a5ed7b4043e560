import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type * as Y from 'yjs'
import { startTestServer, type TestServer } from './testing/test-server.ts'

/** The snippets of the README, as its reader would copy them. */
const snippets = [...readFileSync(new URL('../../README.md', import.meta.url), 'utf8').matchAll(/```js\n(.*?)```/gs)]
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

/** Runs a snippet as the body of a function: imports become awaits, and the server is the test's own. */
async function run<T>(marker: string, given: Record<string, unknown>, wanted: string): Promise<T> {
  const snippet = snippets.map(([, code]) => code ?? '').find((code) => code.includes(marker))
  if (!snippet) throw new Error(`the README has no snippet with ${marker}`)
  const body = snippet
    .replaceAll(/import (?:\* as )?(.+) from '(.+)'/g, 'const $1 = await load("$2")')
    .replaceAll('//localhost:3000', `//${new URL(server.api.origin).host}`)
  const names = ['load', ...Object.keys(given)]
  const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => (...args: unknown[]) => T
  const load = (name: string) => import(name)
  return new AsyncFunction(...names, `${body}\nreturn ${wanted}`)(load, ...Object.values(given))
}

test('the REST and y-websocket snippets work as they stand', async () => {
  const { room, token } = await run<{ room: { id: string }; token: string }>('/auth/guest', {}, '{ room, token }')
  vi.stubGlobal('WebSocket', WebSocket)
  const { doc, provider } = await run<{ doc: Y.Doc; provider: { destroy(): void } }>(
    'WebsocketProvider',
    { roomId: room.id, token },
    '{ doc, provider }',
  )
  const [element] = doc.getMap('elements').values() as Iterable<Y.Map<unknown>>
  expect(element?.toJSON()).toEqual({ type: 'rectangle', xy: [40, 40], wh: [160, 90] })
  provider.destroy()
})
