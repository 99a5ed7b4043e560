import { expect, test } from 'vitest'
import { safeNextPath } from './next-path.ts'

test.each([
  [null, '/'],
  ['', '/'],
  ['/r/abcdefghij?x=1#y', '/r/abcdefghij?x=1#y'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example/r/a', '/'],
  ['javascript:alert(1)', '/'],
  ['http://app.invalid:99/x', '/'],
  ['/.//evil.example', '/'],
  ['/r/..//evil.example', '/'],
  ['/%2e%2E/\\evil.example', '/'],
  ['/.\t/\n/evil.example', '/'],
  ['/r//evil.example', '/r//evil.example'],
  ['/%2f%2fevil.example', '/%2f%2fevil.example'],
])('after signing in with next=%s one comes to %s', (next, path) => {
  expect(safeNextPath(next)).toBe(path)
})

test('no link leads to another site, however it is written, and what it leads to leads there again', () => {
  const words = '/ // \\ . .. %2e %2E%2e %2f %5c ? # : @ ; % /r/ http: https:// javascript: app.invalid é'
  const pieces = [...words.split(' '), ' ', '\t', '\n', '\r', '\0', '\ud800']
  let beginnings = ['']
  for (let length = 1; length <= 3; length++) {
    beginnings = beginnings.flatMap((beginning) => pieces.map((piece) => beginning + piece))
    for (const beginning of beginnings) {
      const path = safeNextPath(`${beginning}evil.example`)
      const leadsTo = new URL(path, 'https://draw.example/signin')
      if (path[0] === '/' && leadsTo.origin === 'https://draw.example' && safeNextPath(path) === path) continue
      expect.unreachable(`${JSON.stringify(beginning)} leads to ${leadsTo.href}`)
    }
  }
})
