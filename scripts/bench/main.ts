/** `pnpm bench`: measures SketchRoom beside other servers, prints the ratios and writes docs/benchmarks.md. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { goalTable, goalVerdict } from './goals.ts'
import { CATALOGUE, type Entry } from './measures/catalogue.ts'
import type { Peer } from './peers/peers.ts'
import { FULL, QUICK, type Plan } from './plan.ts'
import { OtherWork } from './other-work.ts'
import { benchmarkPage, capacityVerdict } from './report.ts'
import { Results } from './results.ts'
import { startLoad } from './stage.ts'
import { figureTable, formatFigure, ratioTable } from './table.ts'

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url)
const PACKAGES = ['@hocuspocus/server', '@y/websocket-server', 'yjs', 'ws'] as const
const USAGE = `pnpm bench                    everything, written to docs/benchmarks.md
pnpm bench --quick            shows that everything runs
pnpm bench --only name,name   some of it, beside the servers that its goals name: ${CATALOGUE.map(({ name }) => name).join(', ')}
           --rounds n         rounds of each, instead of as many as the plan says
           --all-servers      with --only: beside all servers
`

const { entries, plan, onlyGoalPeers } = readOptions()
const started = performance.now()
const results = new Results()
const otherWork = new OtherWork()
const load = await startLoad()

for (const entry of entries) {
  say(entry.name)
  const named = new Set(['sketchroom', ...entry.goals.map(({ times }) => times)])
  const isChosen = (id: string) => !onlyGoalPeers || entry.goals.length === 0 || named.has(id)
  const chosen = (peers: readonly Peer[]) => peers.filter(({ id }) => isChosen(id))
  await entry.measure({ load, plan, results, otherWork, say, chosen })
}
await load.end()

const minutes = (performance.now() - started) / 60_000
const goals = entries.flatMap((entry) => entry.goals)
const figures = results.measures.length === 0 ? [] : [figureTable(results), ratioTable(results)]
const ours = goals.length === 0 ? [] : [goalTable(results, goals), goalVerdict(results, goals)]
const others = `Others used ${formatFigure(otherWork.share * 100)} % of the machine in the quiet moments.`
process.stdout.write(
  `\n${[...figures, ...ours, capacityVerdict(results) ?? '', others].filter((part) => part !== '').join('\n\n')}\n`,
)
if (plan === FULL && entries.every((entry) => !entry.byHand) && entries.length === scheduled().length) {
  const circumstances = {
    plan,
    date: new Date(),
    minutes,
    goals,
    otherWork: otherWork.share,
    versions: await readVersions(),
  }
  await writeFile(PAGE, benchmarkPage(results, circumstances))
  process.stdout.write('Written to docs/benchmarks.md.\n')
}

function scheduled(): readonly Entry[] {
  return CATALOGUE.filter(({ byHand }) => !byHand)
}

function readOptions(): { entries: readonly Entry[]; plan: Plan; onlyGoalPeers: boolean } {
  // pnpm hands its own `--` on.
  const args = process.argv.slice(2).filter((argument) => argument !== '--')
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      'all-servers': { type: 'boolean', default: false },
    },
  })
  const names = values.only?.split(',')
  const unknown = names?.filter((name) => CATALOGUE.every((entry) => entry.name !== name)) ?? []
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (unknown.length > 0 || (rounds !== undefined && !(rounds >= 1))) {
    process.stderr.write(`${unknown.length > 0 ? `There is no ${unknown.join(', ')}.\n` : ''}${USAGE}`)
    process.exit(2)
  }
  const base = values.quick ? QUICK : FULL
  return {
    entries: names ? CATALOGUE.filter(({ name }) => names.includes(name)) : scheduled(),
    plan: rounds === undefined ? base : { ...base, deliveryRounds: rounds, rounds },
    onlyGoalPeers: names !== undefined && !values['all-servers'],
  }
}

function say(text: string): void {
  process.stderr.write(`${Math.round((performance.now() - started) / 1000)} s: ${text}\n`)
}

async function readVersions(): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(new URL('./package.json', import.meta.url), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  return Object.fromEntries(PACKAGES.map((name) => [name, manifest.devDependencies[name] ?? 'unknown']))
}
