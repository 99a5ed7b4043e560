import { PEERS } from '../peers/peers.ts'
import type { Measure } from '../results.ts'
import { play, withServers, type Performance, type Stage } from '../stage.ts'

const READERS = 50
/**
 * How many edits may be under way. With few, a server that answers late waits for the writer; with many, one that
 * merges all that waits is slowed by its own queue. No number suits all, so each is judged by its best.
 */
const WINDOWS = [300, 1000, 3000]

/** Delivered updates per second of a room at its limit: the most of any window. */
export const CAPACITY: Measure = {
  title: 'the same, each at its best: delivered updates',
  unit: '/s',
  better: 'higher',
}
/** CPU for each delivered update at that limit. */
export const CAPACITY_CPU: Measure = {
  title: 'the same: server CPU per delivered update',
  unit: 'µs',
  better: 'lower',
}
const AT_WINDOW = WINDOWS.map((window) => ({
  window,
  delivered: {
    title: `1 writer, ${READERS} readers, ${window} edits under way: delivered updates`,
    unit: '/s',
    better: 'higher',
  } satisfies Measure,
}))

/** Measures how much a room takes, and what one delivered update costs at that limit. */
export async function measureCapacity(stage: Stage): Promise<void> {
  const { load, plan, results } = stage
  await withServers(stage, PEERS, plan.deliveryRounds, async (running) => {
    const { id } = running.peer
    const tries: Performance[] = []
    for (const { window, delivered } of AT_WINDOW) {
      const saturate = (milliseconds: number) => load.call('saturate', { milliseconds, window })
      const tried = await play(
        stage,
        running,
        { writers: 1, readers: READERS },
        { warmUp: () => saturate(plan.saturationMs / 5), act: () => saturate(plan.saturationMs) },
      )
      tries.push(tried)
      results.record(delivered, id, tried.delivered / tried.seconds)
    }
    const best = tries.reduce((a, b) => (b.delivered / b.seconds > a.delivered / a.seconds ? b : a))
    results.record(CAPACITY, id, best.delivered / best.seconds)
    results.record(CAPACITY_CPU, id, best.cpuMicros / best.delivered)
  })
}
