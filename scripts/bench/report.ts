import { cpus, release, totalmem, type } from 'node:os'
import { ACK_P50 } from './measures/durable-ack.ts'
import { CAPACITY, CAPACITY_CPU } from './measures/delivery.ts'
import { PEERS } from './peers/peers.ts'
import type { Plan } from './plan.ts'
import type { Results } from './results.ts'
import { figureTable, formatFigure, formatRatio, ratioTable } from './table.ts'

/** What the report says beside the figures. */
export interface Circumstances {
  readonly plan: Plan
  readonly date: Date
  readonly minutes: number
  /** fdatasync's p50 in this run, in milliseconds. */
  readonly fdatasyncMs: number
  /** Packages and their versions. */
  readonly versions: Readonly<Record<string, string>>
}

/**
 * Whether SketchRoom, acknowledging durably, is no slower and no dearer than Hocuspocus acknowledging from memory:
 * in every round, in the middle of them only, or not. Says the figures too, since on a busy machine they may differ.
 */
export function verdict(results: Results): string {
  const [capacity, cpu] = [results.ratio(CAPACITY, 'hocuspocus'), results.ratio(CAPACITY_CPU, 'hocuspocus')]
  const [ours, theirs] = [results.figure(CAPACITY, 'sketchroom'), results.figure(CAPACITY, 'hocuspocus')]
  if (!capacity || !cpu || !ours || !theirs) return 'The goal was not measured.'
  const holds =
    capacity.least >= 1 && cpu.most <= 1
      ? 'holds in every round'
      : capacity.median >= 1 && cpu.median <= 1
        ? 'holds in the median, not in every round'
        : 'does NOT hold'
  return (
    `The goal ${holds}: acknowledging only what is on the disk, SketchRoom delivers ${formatRatio(capacity)} times as ` +
    `many updates per second as Hocuspocus, which acknowledges from memory, at ${formatRatio(cpu)} times its CPU for ` +
    `each. The medians of the figures themselves are ${formatFigure(ours.median)} and ` +
    `${formatFigure(theirs.median)} updates per second.`
  )
}

/** The page for the documentation. */
export function benchmarkPage(results: Results, circumstances: Circumstances): string {
  const { plan, date, minutes, fdatasyncMs, versions } = circumstances
  const ack = (id: 'sketchroom' | 'hocuspocus') => formatFigure(results.figure(ACK_P50, id)?.median ?? Number.NaN)
  const processors = cpus()
  return `# Benchmarks

\`pnpm bench\` wrote this page; \`pnpm bench -- --quick\` only shows that it runs. Every figure is from the one run below.

${verdict(results)}

## Ratios

SketchRoom's figure divided by the other server's. Where *higher* is better, above 1 is SketchRoom's win; where *lower*
is better, below 1. Each is the median over the rounds of the ratio within one round; in brackets the least and the most.

${ratioTable(results)}

## Figures

Medians over the rounds.

${figureTable(results)}

## How to read them

- An acknowledgement of SketchRoom means that the edit is on the disk; one of Hocuspocus, or of SketchRoom with the
  memory store, that it is in memory; y-websocket-server sends none. In this run, the middle acknowledgement took
  ${ack('sketchroom')} ms against Hocuspocus's ${ack('hocuspocus')} ms. This disk's own fdatasync took
  ${formatFigure(fdatasyncMs)} ms. What durability costs is the column of the memory store.
- SketchRoom sends the first edit after a quiet moment at once and gathers what follows within 8 ms into one frame.
  So above about 100 edits a second in a room, its delivery takes some milliseconds longer, for fewer frames.
- Readers are counted, not writers, although every server echoes to the writer too. At the limit, the writer keeps so
  many edits under way that are not yet with all readers (and acknowledged, where the server does that): 300, 1,000
  and 3,000 are tried, and each server is judged by its best.
- CPU is the server process's own, all its threads, user and system, between two quiet moments.
- A board opened cold: SketchRoom reads it from SQLite and checks who may enter; Hocuspocus and y-websocket-server are
  spared both, and read the same bytes from a file. Resident memory moves by chance more than heap and buffers do.

## The run

${PEERS.map(({ title }) => title).join(', ')} ran in processes of their own, the clients in one more, all on
127.0.0.1. The rounds were interleaved: each server in turn, ${plan.deliveryRounds} times for delivery and
${plan.rounds} times for the rest. Trust the ratios: other work on the machine moves the figures.

- Command: \`pnpm bench${plan.title === 'full' ? '' : ` -- --${plan.title}`}\`, ${date.toISOString().slice(0, 10)}, ${formatFigure(minutes)} minutes
- Machine: ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${type()} ${release()}; Node ${process.versions.node}
- ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}
`
}
