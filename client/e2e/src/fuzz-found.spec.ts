import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { FOUND } from './fuzz/found.ts'
import { Round } from './fuzz/round.ts'
import { Stage } from './stage.ts'

let stage: Stage
let actors: BoardActor[]
beforeAll(async () => {
  stage = await Stage.open()
  actors = await Promise.all([1, 2, 3].map(() => stage.enter({ permissions: ['clipboard-read', 'clipboard-write'] })))
})
afterAll(() => stage.close())

test.each(Object.entries(FOUND))('%s', async (_, script) => {
  const { faults, log } = await Round.play(stage, actors, script)
  expect(faults, log.join('\n')).toEqual([])
})
