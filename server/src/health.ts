import type { Journal } from './core/journal/journal.ts'
import type { Health } from './http/health.ts'
import type { DocumentStore } from './ports/document-store.ts'

/** How the process and its parts are, and the switch that its lifecycle holds. */
export interface SwitchedHealth extends Health {
  /** Set once the server listens, and taken back first when it stops. */
  setServing(serving: boolean): void
}

/** A store that takes longer than this to answer does not work. */
const PING_DEADLINE_MS = 2_000

/** Watches the journal and its store. */
export function createHealth({ journal, store }: { journal: Journal; store: DocumentStore }): SwitchedHealth {
  let serving = false
  return {
    ready: () => serving && !journal.failing,
    setServing: (value) => void (serving = value),
    async report() {
      const storeState = await pingInTime(store)
      const failing = journal.failing || storeState !== 'ok'
      return {
        status: failing ? 'failing' : 'ok',
        serving,
        store: storeState,
        journal: { status: journal.failing ? 'failing' : 'ok', pendingUpdates: journal.pendingCount },
      }
    },
  }
}

async function pingInTime(store: DocumentStore): Promise<'ok' | 'failing'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'failing'>((resolve) => {
    timer = setTimeout(() => resolve('failing'), PING_DEADLINE_MS)
  })
  const answer = store.ping().then(
    () => 'ok' as const,
    () => 'failing' as const,
  )
  const state = await Promise.race([answer, late])
  clearTimeout(timer)
  return state
}
