import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema, roomTokenSchema } from '@sketchroom/shared/api/rooms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, createUser } from '../testing/api-client.ts'
import { startApi, type TestApi } from '../testing/start-api.ts'

const INDEX = `<!doctype html>
<link rel="icon" href="/favicon.svg" />
<link rel="help" href="//elsewhere.example/" />
<script type="module" src="/assets/app-1234.js"></script>
<a href="#content">Skip</a>`

let clientDir: string
let api: TestApi
beforeAll(async () => {
  clientDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  await mkdir(join(clientDir, 'assets'))
  await writeFile(join(clientDir, 'index.html'), INDEX)
  await writeFile(join(clientDir, 'assets/app-1234.js'), '// the app')
  // With a slash at the end and without is the same.
  api = await startApi({ config: { clientDir, publicUrl: new URL('https://example.org/team/boards/') } })
})
afterAll(async () => {
  await api.close()
  await rm(clientDir, { recursive: true })
})

const html = { accept: 'text/html,*/*;q=0.8' }
const get = (path: string, headers: Record<string, string> = html) => call(api, 'GET', path, { headers })

describe.each([
  ['passes the path on', '/team/boards'],
  ['takes the path away', ''],
])('behind a proxy that %s', (_, base) => {
  test('a page names its files below the path', async () => {
    for (const path of ['/', '/r/V1StGXR8_Z5jdHi6B-myT', '/signin', '/index.html']) {
      const page = await get(base + path)
      expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache'])
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect([...page.text.matchAll(/(?:src|href)="(.*?)"/g)].map(([, address]) => address)).toEqual([
        '/team/boards/favicon.svg',
        '//elsewhere.example/',
        '/team/boards/assets/app-1234.js',
        '#content',
      ])
    }
    expect((await get(`${base}/nothing`)).status).toBe(404)
    expect((await get(`${base}/assets/app-1234.js`)).text).toBe('// the app')
  })

  test('a page need not be sent again while it is the same', async () => {
    const etag = (await get(`${base}/`)).headers.get('etag') ?? ''
    const again = await get(`${base}/`, { ...html, 'if-none-match': etag, 'cache-control': 'max-age=0' })
    expect([again.status, again.text]).toEqual([304, ''])
    const other = await get(`${base}/`, { ...html, 'if-none-match': 'W/"other"', 'cache-control': 'max-age=0' })
    expect(other.status).toBe(200)
  })

  test('what the API answers is told by its public address', async () => {
    const below = { origin: api.origin + base }
    const guest = await call(below, 'POST', apiPath('guest'))
    expect(guest.headers.getSetCookie().join()).toContain('; Path=/team/boards/api/v1/auth;')
    const { accessToken: token } = await createUser(below, 'Ada')
    const created = await call(below, 'POST', apiPath('rooms'), { token, body: { name: 'Board' } })
    const roomId = created.as(roomSchema).id
    expect(created.headers.get('location')).toBe(`/team/boards/api/v1/rooms/${roomId}`)
    const body = { user: { id: 'user-42', name: 'Ada' }, role: 'editor' }
    const minted = await call(below, 'POST', apiPath('roomTokens', { roomId }), { token, body })
    expect(minted.as(roomTokenSchema).syncUrl).toBe('wss://example.org/team/boards/sync')
    expect((await call(below, 'GET', '/api/v1/nothing')).problem().code).toBe('not_found')
  })

  test('the health is told', async () => {
    for (const path of ['/live', '/ready', '/health']) expect((await get(base + path)).status).toBe(200)
  })
})

test('who forgets the slash behind the path comes to the first page', async () => {
  const { status, headers } = await get('/team/boards?from=mail')
  expect([status, headers.get('location')]).toEqual([302, '/team/boards/?from=mail'])
  // At the root there is nothing to forget.
  const root = await startApi({ config: { clientDir } })
  expect((await call(root, 'GET', '/', { headers: html })).text).toBe(INDEX)
  await root.close()
})
