import type { Goal } from '../goals.ts'
import { READS_MEMORY } from '../peers/process-figures.ts'
import type { Stage } from '../stage.ts'
import { measureCapacity } from './capacity.ts'
import { COLD_GOALS, measureColdBoard } from './cold-board.ts'
import { RETURN_GOALS, measureReturns } from './coming-back.ts'
import { CROWD_GOALS, measureCrowd } from './crowd.ts'
import { CURSOR_GOALS, findCursorLimit, measureCursors } from './cursors.ts'
import { BUSY, LONE, RATE, ROOMS, measureScene } from './drawing.ts'
import { ACK_GOALS, measureAcks } from './durable-ack.ts'
import { GATE_GOALS, measureGate } from './gate.ts'
import { measureGrowth } from './growth.ts'
import { INSTANCES_GOALS, measureInstances } from './instances.ts'
import { OPENING_GOALS, measureOpening } from './opening.ts'
import { measureManyRooms } from './many-rooms.ts'
import { STALLED_GOALS, measureStalled } from './stalled.ts'
import { LOOKING_GOALS, MEMORY_GOALS, measureMemory, measureRooms } from './memory.ts'

/** Something that the bench measures, under a name of its own. */
export interface Entry {
  readonly name: string
  readonly goals: readonly Goal[]
  /** Whether it is measured only when it is asked for. */
  readonly byHand?: boolean
  measure(stage: Stage): Promise<void>
}

/** All that is measured, in the order of the page. */
export const CATALOGUE: readonly Entry[] = [
  { name: 'capacity', goals: [], measure: measureCapacity },
  { name: 'lone', goals: LONE.goals, measure: (stage) => measureScene(stage, LONE) },
  { name: 'rooms', goals: ROOMS.goals, measure: (stage) => measureScene(stage, ROOMS) },
  { name: 'rate', goals: RATE.goals, measure: (stage) => measureScene(stage, RATE) },
  { name: 'busy', goals: BUSY.goals, measure: (stage) => measureScene(stage, BUSY) },
  { name: 'ack', goals: ACK_GOALS, measure: measureAcks },
  { name: 'cold', goals: COLD_GOALS, measure: measureColdBoard },
  ...(READS_MEMORY
    ? [
        { name: 'memory', goals: MEMORY_GOALS, measure: measureMemory },
        { name: 'looking', goals: LOOKING_GOALS, measure: measureRooms },
      ]
    : []),
  { name: 'opening', goals: OPENING_GOALS, measure: measureOpening },
  { name: 'return', goals: RETURN_GOALS, measure: measureReturns },
  ...(READS_MEMORY ? [{ name: 'stalled', goals: STALLED_GOALS, measure: measureStalled }] : []),
  { name: 'crowd', goals: CROWD_GOALS, measure: measureCrowd },
  { name: 'gate', goals: GATE_GOALS, measure: measureGate },
  { name: 'cursors', goals: CURSOR_GOALS, measure: measureCursors },
  { name: 'instances', goals: INSTANCES_GOALS, measure: measureInstances },
  { name: 'growth', goals: [], byHand: true, measure: measureGrowth },
  { name: 'many-rooms', goals: [], byHand: true, measure: measureManyRooms },
  { name: 'cursor-limit', goals: [], byHand: true, measure: findCursorLimit },
]
