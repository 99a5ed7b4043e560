import './virtual-time.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HouseLife } from './house-life.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { SimulatedHouse } from './simulated-house.ts'

/** What a run came to. */
export interface Run {
  readonly seed: number
  /** Of all that happened. */
  readonly hash: string
  /** Why it failed; undefined when all promises were kept. */
  readonly failure: string | undefined
  readonly trace: readonly string[]
  readonly faults: number
  readonly edits: number
  /** How many updates were committed. */
  readonly commits: number
  /** How long after all was well again everybody had the same. */
  readonly convergedAfterMs: number
  /** Of how many people something can never be saved, by a fault that is known. */
  readonly passedOver: number
  /** How long all of it took, by the clock of the simulation. */
  readonly tookMs: number
}

/** Lets a house live as a seed says, and looks whether all that is promised is kept; with a bug, if one is given. */
export async function simulate(seed: number, bug?: PlantedBug): Promise<Run> {
  // What the run before has left to the event loop is over by then.
  await nextTurn()
  const house = new SimulatedHouse(seed, bug)
  const life = new HouseLife(house)
  const undo = bug?.plant?.()
  let failure: string | undefined
  try {
    await house.within(async () => {
      try {
        await life.live()
      } finally {
        await house.end()
      }
    })
  } catch (error) {
    failure =
      error instanceof Error && error.name === 'BrokenPromise'
        ? error.message
        : `it broke off: ${(error as Error).stack}`
  } finally {
    undo?.()
  }
  return {
    seed,
    hash: house.hash,
    failure,
    trace: house.trace,
    faults: life.faults,
    edits: house.clients.reduce((sum, { edits }) => sum + edits, 0),
    commits: house.ledger.commits,
    convergedAfterMs: life.convergedAfterMs,
    passedOver: life.passedOver,
    tookMs: house.time.elapsedMs,
  }
}
