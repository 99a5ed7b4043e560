import type { Plan } from '../plan.ts'
import type { Measure, Results } from '../results.ts'
import { interleave, play, type Load, type RunningPeer } from '../stage.ts'
import { measureDisk } from './disk.ts'

const HZ = 100

/** How long somebody who draws alone waits for "saved". */
export const ACK_P50: Measure = { title: `1 writer at ${HZ}/s alone: acknowledgement p50`, unit: 'ms', better: 'lower' }
const ACK_P99: Measure = { title: 'the same: acknowledgement p99', unit: 'ms', better: 'lower' }
/** The acknowledgement beside what the disk takes for the least it could do. */
export const ACK_PER_SYNC: Measure = {
  title: 'the same: acknowledgement p50, as a multiple of this disk’s fdatasync p50',
  unit: '×',
  better: 'lower',
}

/** Measures how long an answer takes, on the servers that answer. Resolves with each round's fdatasync p50 in ms. */
export async function measureAcks(
  load: Load,
  peers: readonly RunningPeer[],
  plan: Plan,
  results: Results,
): Promise<number[]> {
  const disk: number[] = []
  const answering = peers.filter(({ peer }) => peer.acknowledges)
  for (let round = 0; round < plan.rounds; round++) {
    const sync = await measureDisk()
    disk.push(sync)
    await interleave(answering, 1, async (running) => {
      const { id } = running.peer
      const { ack } = await play(load, running, { writers: 1, readers: 0 }, (share) =>
        load.call('draw', { milliseconds: plan.ackMs * share, hz: HZ }),
      )
      if (!ack) throw new Error(`${running.peer.title} acknowledged nothing`)
      results.record(ACK_P50, id, ack.p50)
      results.record(ACK_P99, id, ack.p99)
      if (id === 'sketchroom') results.record(ACK_PER_SYNC, id, ack.p50 / sync)
    })
  }
  return disk
}
