/** The thread that watches the other one: see `HangWatch`. */
import { Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import { BUSY, ENDING, IDLE, LIMIT_MS, STATE, TURN, type HangWatchStart } from './hang-watch.ts'

/** How many looks it takes at least: a machine that was asleep, or did something else for long, is no hang. */
const LOOKS = 4
const LOOK_EVERY_MS = 50
/** And when nothing goes on: each look wakes the processor. */
const IDLE_LOOK_MS = 200

const { memory } = workerData as HangWatchStart
const words = new Int32Array(memory)
let turn = -1
let looks = 0
let cpu = process.cpuUsage()

look()

function look(): void {
  setTimeout(look, isSuspicious() ? LOOK_EVERY_MS : IDLE_LOOK_MS)
}

/** Whether what is under way was so before; when that has been for too long, it is ended. */
function isSuspicious(): boolean {
  const present = Atomics.load(words, TURN)
  const isBusy = Atomics.load(words, STATE) === BUSY
  if (!isBusy || present !== turn) {
    turn = present
    looks = 0
    cpu = process.cpuUsage()
    return isBusy
  }
  looks += 1
  const { user, system } = process.cpuUsage(cpu)
  const limitMs = Atomics.load(words, LIMIT_MS)
  if (looks < LOOKS || looks * LOOK_EVERY_MS < limitMs || (user + system) / 1_000 < limitMs) return true
  if (Atomics.compareExchange(words, STATE, BUSY, ENDING) === BUSY) end()
  return false
}

function end(): void {
  const session = new Session()
  session.connectToMainThread()
  session.post('Runtime.terminateExecution', () => {
    // Not before this: it would say that something else may begin.
    Atomics.store(words, STATE, IDLE)
    session.disconnect()
    parentPort?.postMessage('ended')
  })
}
