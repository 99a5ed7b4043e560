import type { Journal } from './core/documents/journal.ts'
import type { Health } from './http/health.ts'
import type { DocumentStore } from './ports/document-store.ts'
import type { InstanceBus } from './ports/instance-bus.ts'

/** How the process and its parts are, and the switch that its lifecycle holds. */
export interface SwitchedHealth extends Health {
  /** Set once the server listens, and taken back first when it stops. */
  setServing(serving: boolean): void
}

/** A store that takes longer than this to answer does not work. */
const PING_DEADLINE_MS = 2_000
/** A ping takes the store's write lock, and anybody may ask for health: so often it is enough. */
const PING_KEPT_MS = 1_000

type StoreState = 'ok' | 'failing'

/** Watches the journal and its store, and whether other instances are heard. `now` is in milliseconds, from whenever. */
export function createHealth(deps: {
  journal: Journal
  store: DocumentStore
  bus?: Pick<InstanceBus, 'isUp'> | undefined
  now: () => number
}): SwitchedHealth {
  const { journal, bus } = deps
  let serving = false
  const askStore = createStoreWatch(deps)
  return {
    ready: async () => (await askStore()) === 'ok' && serving && !journal.failing,
    setServing: (value) => void (serving = value),
    async report() {
      const storeState = await askStore()
      const failing = journal.failing || storeState !== 'ok'
      return {
        status: failing ? 'failing' : 'ok',
        serving,
        store: storeState,
        journal: { status: journal.failing ? 'failing' : 'ok', pendingUpdates: journal.pendingCount },
        // Without it, instances read from the store what the others do: it is no reason to send people elsewhere.
        ...(bus && { redis: bus.isUp ? 'ok' : 'away' }),
      }
    },
  }
}

/** Asks the store how it is: however many ask, it is pinged once at a time, and once in a while. */
function createStoreWatch({ store, now }: { store: DocumentStore; now: () => number }): () => Promise<StoreState> {
  let known: { readonly state: StoreState; readonly at: number } | undefined
  let asking: Promise<StoreState> | undefined

  async function ping(): Promise<StoreState> {
    const state = await store.ping().then(
      () => 'ok' as const,
      () => 'failing' as const,
    )
    known = { state, at: now() }
    asking = undefined
    return state
  }

  return async () => {
    if (known && now() - known.at < PING_KEPT_MS) return known.state
    asking ??= ping()
    return await inTime(asking)
  }
}

async function inTime(answer: Promise<StoreState>): Promise<StoreState> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<StoreState>((resolve) => {
    timer = setTimeout(() => resolve('failing'), PING_DEADLINE_MS)
  })
  const state = await Promise.race([answer, late])
  clearTimeout(timer)
  return state
}
