import { setTimeout as wait } from 'node:timers/promises'
import type { Journal } from './journal.ts'

/**
 * Flushes the journal, trying again while the store fails, until the deadline. Rejects when updates were
 * left that are not durable; nobody was told that they are.
 */
export async function drain(journal: Journal, deadlineMs: number): Promise<void> {
  const end = performance.now() + deadlineMs
  while (journal.pendingCount > 0) {
    try {
      await Promise.race([journal.flush(), wait(end - performance.now(), undefined, { ref: false })])
    } catch (error) {
      if (performance.now() > end) throw new Error(`${journal.pendingCount} updates are not durable`, { cause: error })
      await wait(Math.min(250, Math.max(1, end - performance.now())))
    }
    if (performance.now() > end && journal.pendingCount > 0) {
      throw new Error(`${journal.pendingCount} updates are not durable`)
    }
  }
}

/**
 * Waits until all that is queued now is durable; resolves with false when a commit fails or the deadline comes
 * first. What is appended meanwhile is not waited for, so that it ends however fast people draw.
 */
export async function flushInTime(journal: Journal, deadlineMs: number): Promise<boolean> {
  const flushed = journal.flush().then(
    () => true,
    () => false,
  )
  return await Promise.race([flushed, wait(deadlineMs, false, { ref: false })])
}
