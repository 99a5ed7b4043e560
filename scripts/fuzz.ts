/**
 * Plays rounds of several people who draw at once, in real browsers: `node scripts/fuzz.ts`, with FUZZ_ROUNDS (200),
 * FUZZ_SEED (of the first round) and FUZZ_BEATS (18, how much each does in a round). The client has to be built.
 * FUZZ_FOUND plays the found scripts whose names contain it instead.
 */
import { FOUND } from '../client/e2e/src/fuzz/found.ts'
import { Round } from '../client/e2e/src/fuzz/round.ts'
import { type Script, scriptOf } from '../client/e2e/src/fuzz/script.ts'
import { Stage } from '../client/e2e/src/stage.ts'

const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise)
const [rounds, beats] = [number('FUZZ_ROUNDS', 200), number('FUZZ_BEATS', 18)]
const first = number('FUZZ_SEED', Date.now() % 1_000_000)
const found = process.env['FUZZ_FOUND']

// Now and then somebody reloads while they are offline.
const stage = await Stage.open({ keepsApp: true })
const permissions = ['clipboard-read', 'clipboard-write']
const actors = await Promise.all([1, 2, 3].map(() => stage.enter({ permissions })))
for (const actor of actors) {
  await actor.newBoard()
  await actor.kept()
}
const failed: string[] = []
if (found === undefined) {
  for (let seed = first; seed < first + rounds; seed++) await play(`seed ${seed}`, scriptOf(seed, beats))
} else {
  for (const [name, script] of Object.entries(FOUND)) if (name.includes(found)) await play(name, script)
}
process.stdout.write(`failed: ${failed.length === 0 ? 'none' : failed.join(', ')}\n`)
await stage.close()

async function play(name: string, script: Script): Promise<void> {
  const startedAt = performance.now()
  const { faults, log } = await Round.play(stage, actors, script)
  const took = `${name}: ${Math.round(performance.now() - startedAt)} ms`
  if (faults.length === 0) return void process.stdout.write(`${took}\n`)
  failed.push(name)
  const lines = [...log.map((line) => `    ${line}`), ...faults.map((fault) => `  FAULT ${fault}`)]
  process.stdout.write(`${took} FAILED\n${lines.join('\n')}\n`)
}
