import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { Round } from './fuzz/round.ts'
import { scriptOf } from './fuzz/script.ts'
import { Stage } from './stage.ts'

/** `scripts/fuzz.ts` plays longer ones, and more of them. */
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 4)
/** The same each time in the suite: what chance finds beyond that is looked for by hand (docs/convergence.md has what is open). */
const SEED = Number(process.env['FUZZ_SEED'] ?? 5_005)
/**
 * In the suite a round that fails is said, and played again, twice at most: time is the machine's here, so that a rare fault of the editor's
 * own, or of ours, would stop somebody else's work. By hand, and with a seed, it fails at once.
 */
const RETRIES = process.env['FUZZ_SEED'] ? 0 : 2
const BEATS = Number(process.env['FUZZ_BEATS'] ?? 4)

let stage: Stage
let actors: BoardActor[]
beforeAll(async () => {
  stage = await Stage.open()
  actors = await Promise.all([1, 2, 3].map(() => stage.enter({ permissions: ['clipboard-read', 'clipboard-write'] })))
})
afterAll(() => stage.close())

const seeds = Array.from({ length: ROUNDS }, (_, i) => SEED + i)

test.each(seeds)(
  'whatever people do at once, all see the same and nothing is lost: seed %i',
  { retry: RETRIES },
  async (seed) => {
    const { faults, log } = await Round.play(stage, actors, scriptOf(seed, BEATS))
    if (faults.length > 0) console.log(`seed ${seed} of ${BEATS} beats: ${faults.join('; ')}`)
    expect(faults, `FUZZ_SEED=${seed} FUZZ_ROUNDS=1 FUZZ_BEATS=${BEATS}\n${log.join('\n')}\n`).toEqual([])
  },
)
