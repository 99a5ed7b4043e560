import { serverFlags } from '../../server-command.ts'
import { findCores } from '../cores.ts'
import { RemoteProcess } from '../remote-process.ts'
import type { Measure } from '../results.ts'
import type { Stage } from '../stage.ts'
import type { GateCalls } from './gate-process.ts'

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

/** Measures what judging updates takes, beside what applying them takes. */
export async function measureGate({ plan, results }: Stage): Promise<void> {
  for (let round = 0; round < plan.rounds; round++) {
    const flags = serverFlags(findCores() ? 1 : undefined)
    const remote = await RemoteProcess.start<GateCalls>(new URL('./gate-process.ts', import.meta.url), 'servers', {
      flags,
    })
    for (const { doing, measure } of MEASURES) results.record(measure, 'sketchroom', await remote.call('partOf', doing))
    await remote.end()
  }
}
