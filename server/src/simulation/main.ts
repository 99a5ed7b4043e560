import './virtual-time.ts'
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { simulate, type Run } from './simulation.ts'

/*
 * `node server/src/simulation/main.ts --seeds 10000` lives through so many houses, and says which promises were broken;
 * `--from 7` begins with another seed, `--seed 7` lives through one and prints all that happened; `--bugs` looks for each planted
 * bug in the same seeds.
 */

/** What is aborted while it waits is never collected: after so many, there is another process. */
const MOST_IN_PROCESS = 1_000

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    bugs: { type: 'boolean', default: false },
  },
})
const say = (words: string) => process.stdout.write(`${words}\n`)

if (values.seed !== undefined) {
  const run = await simulate(Number(values.seed))
  for (const line of run.trace) say(line)
  say(run.failure ? `seed ${run.seed}: ${run.failure}` : `seed ${run.seed}: all promises were kept; ${run.hash}`)
  process.exitCode = run.failure ? 1 : 0
} else if (values.bugs) await findBugs(Number(values.from), Number(values.seeds))
else if (Number(values.seeds) > MOST_IN_PROCESS) liveInParts(Number(values.from), Number(values.seeds))
else await liveThrough(Number(values.from), Number(values.seeds))

function liveInParts(from: number, count: number): void {
  for (let done = 0; done < count; done += MOST_IN_PROCESS) {
    const part = ['--from', `${from + done}`, '--seeds', `${Math.min(MOST_IN_PROCESS, count - done)}`]
    const { status } = spawnSync(process.execPath, [import.meta.filename, ...part], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}

async function liveThrough(from: number, count: number): Promise<void> {
  const startedAt = performance.now()
  const sums = { faults: 0, edits: 0, commits: 0, tookMs: 0 }
  let [done, broken, passedOver, longest] = [0, 0, 0, 0]
  const tell = () => {
    const seconds = (performance.now() - startedAt) / 1_000
    const { user, system } = process.cpuUsage()
    const coreMs = Math.round((user + system) / 1_000 / done)
    say(`${done} seeds from ${from}: ${broken} with a broken promise, ${passedOver} with a fault that is known`)
    say(`  all the same after ${longest / 1_000} s at most`)
    say(`  ${sums.faults} faults, ${sums.edits} elements drawn, ${sums.commits} updates committed`)
    say(
      `  ${(sums.tookMs / 3_600_000).toFixed(1)} hours in ${Math.round(seconds)} s, ${coreMs} ms of a core for each seed`,
    )
  }
  while (done < count) {
    const run = await simulate(from + done)
    done += 1
    for (const name of ['faults', 'edits', 'commits', 'tookMs'] as const) sums[name] += run[name]
    longest = Math.max(longest, run.convergedAfterMs)
    if (run.passedOver > 0) passedOver += 1
    if (run.failure !== undefined) {
      broken += 1
      say(`seed ${run.seed}: ${run.failure}`)
    }
  }
  tell()
  process.exitCode = broken > 0 ? 1 : 0
}

async function findBugs(from: number, count: number): Promise<void> {
  for (const bug of PLANTED_BUGS) {
    let found: Run | undefined
    for (let seed = from; seed < from + count && !found?.failure; seed++) found = await simulate(seed, bug)
    say(`${bug.name}: ${found?.failure ? `seed ${found.seed}, ${found.failure}` : 'not found'}`)
    if (!found?.failure) process.exitCode = 1
  }
}
