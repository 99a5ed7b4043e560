import type { Plan } from '../plan.ts'
import type { Measure, Results } from '../results.ts'
import { interleave, play, type Load, type Performance, type RunningPeer } from '../stage.ts'

const READERS = 50
/**
 * How many edits may be under way. With few, a server that answers late waits for the writer; with many, one that
 * merges all that waits is slowed by its own queue. No number suits all, so each is judged by its best.
 */
const WINDOWS = [300, 1000, 3000]
const HZ = 200

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
/** CPU for each delivered update of somebody who draws fast. */
export const RATE_CPU: Measure = {
  title: `1 writer at ${HZ}/s, ${READERS} readers: server CPU per delivered update`,
  unit: 'µs',
  better: 'lower',
}
const RATE_P50: Measure = { title: 'the same: delivery p50', unit: 'ms', better: 'lower' }
const RATE_P99: Measure = { title: 'the same: delivery p99', unit: 'ms', better: 'lower' }

const BUSY_WRITERS = 20
const BUSY_HZ = 30
const BUSY_READERS = 30
const BUSY_CPU: Measure = {
  title: `busy room, ${BUSY_WRITERS} writers at ${BUSY_HZ}/s, ${BUSY_READERS} readers: server CPU per edit`,
  unit: 'µs',
  better: 'lower',
}
const BUSY_P50: Measure = { title: 'the same: delivery p50', unit: 'ms', better: 'lower' }
const BUSY_P99: Measure = { title: 'the same: delivery p99', unit: 'ms', better: 'lower' }

/** Measures how much a room takes, and what one delivered update costs at the limit and at a fixed rate. */
export async function measureDelivery(load: Load, peers: readonly RunningPeer[], plan: Plan, results: Results) {
  await interleave(peers, plan.deliveryRounds, async (running) => {
    const { id } = running.peer
    const tries: Performance[] = []
    for (const { window, delivered } of AT_WINDOW) {
      const tried = await play(load, running, { writers: 1, readers: READERS }, (share) =>
        load.call('saturate', { milliseconds: plan.saturationMs * share, window }),
      )
      tries.push(tried)
      results.record(delivered, id, tried.delivered / tried.seconds)
    }
    const best = tries.reduce((a, b) => (b.delivered / b.seconds > a.delivered / a.seconds ? b : a))
    results.record(CAPACITY, id, best.delivered / best.seconds)
    results.record(CAPACITY_CPU, id, best.cpuMicros / best.delivered)
  })
  await interleave(peers, plan.deliveryRounds, async (running) => {
    const { id } = running.peer
    const steady = await play(load, running, { writers: 1, readers: READERS }, (share) =>
      load.call('draw', { milliseconds: plan.fixedRateMs * share, hz: HZ }),
    )
    results.record(RATE_CPU, id, steady.cpuMicros / steady.delivered)
    results.record(RATE_P50, id, steady.delivery?.p50 ?? Number.NaN)
    results.record(RATE_P99, id, steady.delivery?.p99 ?? Number.NaN)
  })
}

/** Measures a room where many draw at once. */
export async function measureBusyRoom(load: Load, peers: readonly RunningPeer[], plan: Plan, results: Results) {
  await interleave(peers, plan.rounds, async (running) => {
    const { id } = running.peer
    const busy = await play(load, running, { writers: BUSY_WRITERS, readers: BUSY_READERS }, (share) =>
      load.call('draw', { milliseconds: plan.busyMs * share, hz: BUSY_HZ }),
    )
    results.record(BUSY_CPU, id, busy.cpuMicros / busy.edits)
    results.record(BUSY_P50, id, busy.delivery?.p50 ?? Number.NaN)
    results.record(BUSY_P99, id, busy.delivery?.p99 ?? Number.NaN)
  })
}
