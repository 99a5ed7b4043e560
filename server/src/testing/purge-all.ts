import { expect } from 'vitest'
import type { PurgedSlice, PurgeSlice } from '../ports/purge-slice.ts'

/** Takes all steps of a clean-up, each over two ids, and answers how many rows went. */
export async function purgeAll(step: (slice: PurgeSlice) => Promise<PurgedSlice>, limit = 2): Promise<number> {
  let total = 0
  for (let after: string | undefined = ''; after !== undefined;) {
    const { removed, next }: PurgedSlice = await step({ after, limit })
    expect(next).not.toBe(after)
    total += removed
    after = next
  }
  return total
}
