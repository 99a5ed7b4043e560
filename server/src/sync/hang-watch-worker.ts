/** The thread that watches the other one: see `HangWatch`. */
import { Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import { BUSY, ENDING, IDLE, STATE, TURN, type HangWatchStart } from './hang-watch.ts'

/** How many looks it takes: a machine that was asleep, or did something else for long, is no hang. */
const LOOKS = 10

const { memory, limitMs } = workerData as HangWatchStart
const words = new Int32Array(memory)
let turn = -1
let looks = 0
let cpu = process.cpuUsage()

setInterval(() => {
  const present = Atomics.load(words, TURN)
  if (Atomics.load(words, STATE) !== BUSY || present !== turn) {
    turn = present
    looks = 0
    cpu = process.cpuUsage()
    return
  }
  looks += 1
  const { user, system } = process.cpuUsage(cpu)
  if (looks < LOOKS || (user + system) / 1_000 < limitMs) return
  if (Atomics.compareExchange(words, STATE, BUSY, ENDING) === BUSY) end()
}, limitMs / LOOKS)

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
