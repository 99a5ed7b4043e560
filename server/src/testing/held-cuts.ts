import { expect, onTestFinished, vi, type MockInstance } from 'vitest'
import { Compaction } from '../core/documents/compaction.ts'

/** Drawings that are to be cut in a thread, and are not before the test lets them be. */
interface HeldCuts {
  readonly calls: MockInstance<Compaction['cut']>
  /** Resolves when the first is waited for. */
  begun(): Promise<void>
  /** Lets all be cut; resolves when those that were waited for are. */
  finish(): Promise<void>
}

/** Holds what is to be cut from now on, until `finish` or the end of the test. */
export function holdCuts(): HeldCuts {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { cut } = Compaction.prototype
  const calls = vi.spyOn(Compaction.prototype, 'cut').mockImplementation(async function (this: Compaction, ...args) {
    await released
    return await cut.apply(this, args)
  })
  onTestFinished(() => calls.mockRestore())
  onTestFinished(() => release())
  return {
    calls,
    begun: () => vi.waitFor(() => expect(calls).toHaveBeenCalled()),
    finish: async () => {
      release()
      await Promise.all(calls.mock.results.map(({ value }) => value))
    },
  }
}
