import { expect, test } from 'vitest'
import { strategyFor } from './strategy.ts'

const origin = 'http://localhost:3000'
const navigate = { method: 'GET', mode: 'navigate' }
const get = { method: 'GET', mode: 'cors' }

test.each([
  ['/', navigate, 'page'],
  ['/?x=1', navigate, 'page'],
  ['/r/abcdefghij', navigate, 'page'],
  ['/signin?next=%2F', navigate, 'page'],
  ['/admin', navigate, 'page'],
  ['/admin/people', navigate, 'page'],
  ['/administration', navigate, 'pass'],
  ['/elsewhere', navigate, 'pass'],
  ['/api/v1/auth/oauth/google/start', navigate, 'pass'],
  ['/openapi.json', navigate, 'pass'],
  ['/assets/index-abc.js', get, 'cache-first'],
  ['/excalidraw/fonts/Assistant/Assistant-Bold.woff2', get, 'cache-first'],
  ['/favicon.svg', get, 'network-first'],
  ['/api/v1/rooms', get, 'pass'],
  ['/sync', get, 'pass'],
  ['/yjs/abcdefghij', get, 'pass'],
  ['/sw.js', get, 'pass'],
  ['/assets/index-abc.js', { method: 'POST', mode: 'cors' }, 'pass'],
] as const)('%s (%o) is handled as %s', (path, request, strategy) => {
  expect(strategyFor({ url: origin + path, ...request }, new URL(origin))).toBe(strategy)
  const home = new URL('/team/boards/', origin)
  expect(strategyFor({ url: `${origin}/team/boards${path}`, ...request }, home)).toBe(strategy)
  // It lies beside the app, and may be another's.
  expect(strategyFor({ url: origin + path, ...request }, home)).toBe('pass')
  expect(strategyFor({ url: `${origin}/team/boards2${path}`, ...request }, home)).toBe('pass')
})

test('other hosts are left alone', () => {
  expect(strategyFor({ url: 'https://example.org/assets/a.js', ...get }, new URL(origin))).toBe('pass')
})
