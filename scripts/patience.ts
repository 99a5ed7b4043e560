/**
 * For Vitest, before each test file: `vi.waitFor` waits up to 15 s where Vitest would wait one, which two busy cores
 * can use up. A test that says how long it waits is left alone; one that passes takes no longer than before.
 */
import { vi } from 'vitest'

/** A run that expects most tests to fail has less of it (`scripts/mutate.ts`). */
const PATIENCE_MS = Number(process.env['TEST_PATIENCE_MS'] ?? 15_000)

const { waitFor } = vi
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options })
