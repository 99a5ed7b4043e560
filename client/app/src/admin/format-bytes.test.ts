import { expect, test } from 'vitest'
import { formatBytes } from './format-bytes.ts'

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1 KB'],
  [1_540, '1.5 KB'],
  [38_400, '38 KB'],
  [999_499, '999 KB'],
  [999_999, '1 MB'],
  [2_040_000_000, '2 GB'],
  [1_234_500_000_000_000, '1,235 TB'],
])('%d bytes read as "%s"', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words)
})
