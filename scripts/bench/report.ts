import { cpus, release, totalmem, type } from 'node:os'
import { findCores } from './cores.ts'
import { goalTable, goalVerdict, type Goal } from './goals.ts'
import { CAPACITY, CAPACITY_CPU } from './measures/capacity.ts'
import { ACK_P50, DISK } from './measures/durable-ack.ts'
import { PEERS } from './peers/peers.ts'
import type { Plan } from './plan.ts'
import type { Results } from './results.ts'
import { figureTable, formatFigure, formatRatio, ratioTable } from './table.ts'

/** What the report says beside the figures. */
export interface Circumstances {
  readonly plan: Plan
  readonly date: Date
  readonly minutes: number
  readonly goals: readonly Goal[]
  /** The part of all processors that others used while the bench was quiet. */
  readonly otherWork: number
  /** Packages and their versions. */
  readonly versions: Readonly<Record<string, string>>
}

/**
 * Whether SketchRoom, acknowledging durably, is no slower and no dearer at its limit than Hocuspocus acknowledging
 * from memory: in every round, in the middle of them only, or not. Says the figures too, since on a busy machine they
 * may differ. Undefined when it was not measured.
 */
export function capacityVerdict(results: Results): string | undefined {
  const [capacity, cpu] = [results.ratio(CAPACITY, 'hocuspocus'), results.ratio(CAPACITY_CPU, 'hocuspocus')]
  const [ours, theirs] = [results.figure(CAPACITY, 'sketchroom'), results.figure(CAPACITY, 'hocuspocus')]
  if (!capacity || !cpu || !ours || !theirs) return undefined
  const does =
    capacity.least >= 1 && cpu.most <= 1
      ? 'does better than Hocuspocus in every round'
      : capacity.median >= 1 && cpu.median <= 1
        ? 'does better than Hocuspocus in the median, not in every round'
        : 'does NOT do better than Hocuspocus'
  return (
    `At its limit, SketchRoom ${does}: acknowledging only what is on the disk, it delivers ${formatRatio(capacity)} ` +
    `times as many updates per second as Hocuspocus, which acknowledges from memory, at ${formatRatio(cpu)} times its ` +
    `CPU for each. The medians of the figures themselves are ${formatFigure(ours.median)} and ` +
    `${formatFigure(theirs.median)} updates per second.`
  )
}

/** The page for the documentation. */
export function benchmarkPage(results: Results, circumstances: Circumstances): string {
  const { plan, date, minutes, goals, otherWork, versions } = circumstances
  const ack = (id: 'sketchroom' | 'hocuspocus') => formatFigure(results.figure(ACK_P50, id)?.median ?? Number.NaN)
  const fdatasyncMs = results.figure(DISK, 'sketchroom')?.median ?? Number.NaN
  const processors = cpus()
  const cores = findCores()
  return `# Benchmarks

\`pnpm bench\` wrote this page. Every figure is from the one run below. \`pnpm bench --only lone,busy\` prints some of them
anew, beside the servers that their goals name.

## Goals

${goalVerdict(results, goals)} A ratio is taken within each round; the median decides, in brackets are the least and the most.

${goalTable(results, goals)}

${capacityVerdict(results) ?? ''}

## Ratios

SketchRoom's figure divided by the other server's. Where *higher* is better, above 1 is SketchRoom's win; where *lower*
is better, below 1. Each is the median over the rounds of the ratio within one round; in brackets the least and the most.

${ratioTable(results)}

## Figures

Medians over the rounds.

${figureTable(results)}

## How to read them

- [Where the time goes](where-the-time-goes.md) says what the processor does where a goal is not reached.
- An acknowledgement of SketchRoom means that the edit is on the disk; one of Hocuspocus, or of SketchRoom with the
  memory store, that it is in memory; y-websocket-server sends none. In this run, the middle acknowledgement took
  ${ack('sketchroom')} ms against Hocuspocus's ${ack('hocuspocus')} ms. This disk's own fdatasync took
  ${formatFigure(fdatasyncMs)} ms. What durability costs is the column of the memory store.
- SketchRoom sends an edit after a quiet moment at once, and gathers into one frame what follows fast where many are
  to be told. So where much is drawn, its delivery may take some milliseconds longer, for fewer frames.
- Readers are counted, not writers, although every server echoes to the writer too. At the limit, the writer keeps so
  many edits under way that are not yet with all readers (and acknowledged, where the server does that): 300, 1,000
  and 3,000 are tried, and each server is judged by its best.
- CPU is the server process's own, all its threads, user and system, between two quiet moments.
- The CPU of a lone edit includes what the process does meanwhile for itself. Edits in pairs are 2 ms apart.
- A board opened cold: SketchRoom reads it from SQLite and checks who may enter; Hocuspocus and y-websocket-server are
  spared both, and read the same bytes from a file. So it is with the rooms that people only look at.
- Memory is what the kernel counts as resident, garbage and all; the peak of a crowd is the kernel's too.
- Those who never read come in, stop reading for good and stay connected. The same is drawn before a fresh server of
  which everybody reads, in the same round; more memory is the difference of the two peaks' growth.
- A crowd connects at once, to a server where the room is open. Most of it lets go what it reads, and only one in ten
  keeps it: so that the clients are not what is measured. All are seen to have had the whole board and the edit.

## The run

${PEERS.map(({ title }) => title).join(', ')} ran in processes of their own, the clients in one more, all on
127.0.0.1. ${
    cores
      ? `\`taskset\` kept the servers on processor ${cores.servers} and the clients on ${cores.clients}.`
      : 'Nothing kept servers and clients on processors of their own: `taskset` and two processors are needed for that.'
  }
The rounds were interleaved: each server in turn, ${plan.deliveryRounds} times for delivery and ${plan.rounds} times for the rest. Trust the
ratios: other work on the machine moves the figures. In quiet moments, others used ${formatFigure(otherWork * 100)} % of it.

- Command: \`pnpm bench${plan.title === 'full' ? '' : ` -- --${plan.title}`}\`, ${date.toISOString().slice(0, 10)}, ${formatFigure(minutes)} minutes
- Machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${type()} ${release()}; Node ${process.versions.node}
- ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}
`
}
