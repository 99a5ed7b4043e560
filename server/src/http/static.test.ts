import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call } from '../testing/api-client.ts'
import { startApi, type TestApi } from '../testing/start-api.ts'

const INDEX = '<!doctype html><title>SketchRoom</title>'
const SCRIPT = `// ${'a script that is worth compressing '.repeat(100)}`
const IMMUTABLE = 'public, max-age=31536000, immutable'

let directory: string
let api: TestApi

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const clientDir = join(directory, 'dist')
  await mkdir(join(clientDir, 'assets'), { recursive: true })
  await mkdir(join(clientDir, '.git'))
  await mkdir(join(clientDir, 'excalidraw/fonts/Excalifont'), { recursive: true })
  const files: Record<string, string | Buffer> = {
    'dist/index.html': INDEX,
    'dist/sw.js': '// service worker',
    'dist/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'dist/assets/packed-1234.js': SCRIPT,
    'dist/assets/packed-1234.js.br': brotliCompressSync(SCRIPT),
    'dist/assets/packed-1234.js.gz': gzipSync(SCRIPT),
    'dist/assets/plain-1234.js': SCRIPT,
    'dist/excalidraw/fonts/Excalifont/a.woff2': 'a font',
    'dist/.env': 'SECRET=1',
    'dist/.git/config': 'secret',
    'secret.txt': 'secret',
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
  api = await startApi({ config: { clientDir } })
})
afterAll(async () => {
  await api.close()
  await rm(directory, { recursive: true })
})

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const get = (path: string, headers: Record<string, string> = html) => call(api, 'GET', path, { headers })

/** Sends the path as it stands and answers the bytes as they came; `fetch` would tidy up both, and ask caches to stay out. */
function getRaw(path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    request(api.origin, { path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
      .on('error', reject)
      .end()
  })
}

describe('a page of the app', () => {
  test.each(['/', '/r/V1StGXR8_Z5jdHi6B-myT', '/signin', '/signup', '/?from=mail'])(
    '%s is its one file',
    async (path) => {
      const answer = await get(path)
      expect([answer.status, answer.text]).toEqual([200, INDEX])
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBe('no-cache')
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'")
    },
  )

  test('that there is none gets the file as a 404, so that the app can say so', async () => {
    for (const path of ['/nothing', '/r/', '/r/a/b', '/signin/more']) {
      const answer = await get(path)
      expect([answer.status, answer.text]).toEqual([404, INDEX])
    }
  })

  test('is not sent to who asks for something else', async () => {
    expect((await get('/r/some-room', { accept: 'application/json' })).problem().status).toBe(404)
    const post = await call(api, 'POST', '/r/some-room')
    expect(post.problem().code).toBe('method_not_allowed')
    expect(post.headers.get('allow')).toBe('GET, HEAD')
  })

  test('does not stand in for the API', async () => {
    expect((await get('/api/v1/nothing')).problem().code).toBe('not_found')
  })

  test('need not be sent again', async () => {
    const modified = (await get('/')).headers.get('last-modified') ?? ''
    const again = await getRaw('/', { ...html, 'if-modified-since': modified })
    expect([again.status, again.body.length]).toEqual([304, 0])
  })
})

describe('a file of the client', () => {
  test('that is named by its content is kept for good', async () => {
    const answer = await get('/assets/plain-1234.js')
    expect(answer.text).toBe(SCRIPT)
    expect(answer.headers.get('cache-control')).toBe(IMMUTABLE)
    expect(answer.headers.get('content-type')).toMatch(/^(text|application)\/javascript/)
  })

  test('that keeps its name is asked for again', async () => {
    for (const path of ['/sw.js', '/icon.svg', '/index.html']) {
      expect((await get(path)).headers.get('cache-control')).toBe('no-cache')
    }
  })

  test('is for the pages of this origin, but a font of the canvas is for every page that has one', async () => {
    const font = await get('/excalidraw/fonts/Excalifont/a.woff2', { accept: '*/*', origin: 'https://host.example' })
    expect([font.text, font.headers.get('content-type')]).toEqual(['a font', 'font/woff2'])
    expect(font.headers.get('access-control-allow-origin')).toBe('*')
    expect(font.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    const script = await get('/assets/plain-1234.js', { accept: '*/*', origin: 'https://host.example' })
    expect(script.headers.get('access-control-allow-origin')).toBeNull()
    expect(script.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  })

  test('that is missing is no page', async () => {
    const answer = await get('/assets/gone-1234.js')
    expect(answer.problem().code).toBe('not_found')
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('is sent as it lies there compressed, if it does', async () => {
    const brotli = await getRaw('/assets/packed-1234.js', { 'accept-encoding': 'gzip, deflate, br' })
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', 'cache-control': IMMUTABLE })
    expect(brotli.headers['vary']).toContain('Accept-Encoding')
    expect(brotli.body).toEqual(brotliCompressSync(SCRIPT))
    const gzip = await getRaw('/assets/packed-1234.js', { 'accept-encoding': 'gzip' })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gzip.body).toEqual(gzipSync(SCRIPT))
    const plain = await getRaw('/assets/packed-1234.js')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.body.toString()).toBe(SCRIPT)
  })

  test('is compressed on the way if it is text and does not', async () => {
    const answer = await getRaw('/assets/plain-1234.js', { 'accept-encoding': 'gzip' })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.body.length).toBeLessThan(SCRIPT.length / 5)
    expect(gunzipSync(answer.body).toString()).toBe(SCRIPT)
  })
})

test.each([
  '/.env',
  '/.git/config',
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/..%5csecret.txt',
  '//etc/passwd',
  '/%2fetc%2fpasswd',
  '/assets/%00',
  '/%E0%A4%A',
  '/assets',
  '/assets/',
])('%s gives nothing away', async (path) => {
  const { status, body } = await getRaw(path, { accept: 'application/json' })
  expect(status).toBe(404)
  expect(body.toString()).not.toMatch(/secret\b|SECRET|root:/)
})
