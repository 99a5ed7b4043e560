import { expect, test } from 'vitest'
import { faultOfPublicPath, publicPath, withoutPublicPath } from './public-path.ts'

test.each([
  ['https://example.org', ''],
  ['https://example.org/', ''],
  ['https://example.org/boards', '/boards'],
  ['https://example.org/team/boards/', '/team/boards'],
])('at %s, everything is below "%s"', (url, path) => {
  expect(publicPath(new URL(url))).toBe(path)
})

test.each([
  ['/boards', '/'],
  ['/boards/', '/'],
  ['/boards/r/x', '/r/x'],
  ['/boards/boards', '/boards'],
  ['/', '/'],
  ['/live', '/live'],
  ['/boardsmen', '/boardsmen'],
  ['/r/boards/x', '/r/boards/x'],
])('below /boards, %s is asked for as %s', (asked, path) => {
  expect(withoutPublicPath(asked, '/boards')).toBe(path)
})

test('at the root, every path is what it is', () => {
  for (const path of ['/', '/r/x', '//', '', '*']) expect(withoutPublicPath(path, '')).toBe(path || '/')
})

test('a path that would have to be escaped somewhere, or could be a path of the server itself, is none to be below', () => {
  for (const path of ['/', '/boards', '/boards/', '/a/b/c/', '/v1.0_x~y-z', '/rooms', '/a/api']) {
    expect(faultOfPublicPath(path)).toBeUndefined()
  }
  for (const path of ['/a;b', '/a,b', '/a%20b', '//a', '/a//', "/a'b", '/a(b']) {
    expect(faultOfPublicPath(path)).toMatch(/letters, digits/)
  }
  for (const path of ['/r', '/r/', '/api/x', '/sync', '/assets/'])
    expect(faultOfPublicPath(path)).toMatch(/path of the server/)
})
