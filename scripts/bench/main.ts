/** `pnpm bench`: measures SketchRoom beside other servers, prints the ratios and writes docs/benchmarks.md. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { measureColdBoard } from './measures/cold-board.ts'
import { measureBusyRoom, measureDelivery } from './measures/delivery.ts'
import { measureAcks } from './measures/durable-ack.ts'
import { measureMemory } from './measures/memory.ts'
import { PEERS } from './peers/peers.ts'
import { FULL, QUICK } from './plan.ts'
import { benchmarkPage, verdict } from './report.ts'
import { Results } from './results.ts'
import { startLoad, startPeer, stopPeer } from './stage.ts'
import { median } from './statistics.ts'
import { ratioTable } from './table.ts'

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url)
const PACKAGES = ['@hocuspocus/server', '@y/websocket-server', 'yjs', 'ws'] as const

// pnpm hands its own `--` on.
const args = process.argv.slice(2).filter((argument) => argument !== '--')
const { values } = parseArgs({ args, options: { quick: { type: 'boolean', default: false } } })
const plan = values.quick ? QUICK : FULL
const started = performance.now()
const results = new Results()
const load = await startLoad()

step('delivery')
const servers = await Promise.all(PEERS.map((peer) => startPeer(peer)))
await measureDelivery(load, servers, plan, results)
step('a busy room')
await measureBusyRoom(load, servers, plan, results)
step('acknowledgements')
const disk = await measureAcks(load, servers, plan, results)
await Promise.all(servers.map(stopPeer))
step('memory')
await measureMemory(load, plan, results)
step('a cold board')
await measureColdBoard(load, plan, results)
await load.end()

const minutes = (performance.now() - started) / 60_000
process.stdout.write(`\n${ratioTable(results)}\n\n${verdict(results)}\n`)
if (plan === FULL) {
  const circumstances = { plan, date: new Date(), minutes, fdatasyncMs: median(disk), versions: await readVersions() }
  await writeFile(PAGE, benchmarkPage(results, circumstances))
  process.stdout.write('Written to docs/benchmarks.md.\n')
}

function step(name: string): void {
  process.stderr.write(`${Math.round((performance.now() - started) / 1000)} s: ${name}\n`)
}

async function readVersions(): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(new URL('./package.json', import.meta.url), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  return Object.fromEntries(PACKAGES.map((name) => [name, manifest.devDependencies[name] ?? 'unknown']))
}
