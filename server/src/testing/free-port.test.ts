import { expect, test } from 'vitest'
import { findFreePort } from './free-port.ts'

test('a free port is none that a system gives to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => findFreePort()))
  // Linux begins at 32768, others at 49152.
  expect(Math.max(...ports)).toBeLessThan(32_768)
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024)
})
