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
])('after signing in with next=%s one comes to %s', (next, path) => {
  expect(safeNextPath(next)).toBe(path)
})
