import { serverFlags } from '../../server-command.ts'
import { findCores } from '../cores.ts'
import type { Goal } from '../goals.ts'
import { RemoteProcess } from '../remote-process.ts'
import type { Measure } from '../results.ts'
import type { Stage } from '../stage.ts'
import type { GateCalls } from './gate-process.ts'

const PROCESS = new URL('./gate-process.ts', import.meta.url)

const DOINGS = ['drags', 'strokes', 'typing', 'a paste of 5000'] as const

/** What people do. */
export type Doing = (typeof DOINGS)[number]

const MEASURES = DOINGS.map((doing) => ({
  doing,
  measure: {
    title: `the gate, as a part of what applying takes: ${doing}`,
    unit: '%',
    better: 'lower',
  } satisfies Measure,
}))

/** What judging may take. */
export const GATE_GOALS: readonly Goal[] = MEASURES.map(({ doing, measure }) => ({
  title: `the gate, as a part of what applying takes: ${doing}`,
  measure,
  atMost: 25,
}))

/**
 * Measures what judging updates takes, beside what applying them takes, each in a process that has done nothing else: what ran
 * before would be measured too.
 */
export async function measureGate({ plan, results }: Stage): Promise<void> {
  const flags = serverFlags(findCores() ? 1 : undefined)
  for (let round = 0; round < plan.rounds; round++) {
    for (const { doing, measure } of MEASURES) {
      const remote = await RemoteProcess.start<GateCalls>(PROCESS, 'servers', { flags })
      results.record(measure, 'sketchroom', await remote.call('partOf', doing))
      await remote.end()
    }
  }
}
