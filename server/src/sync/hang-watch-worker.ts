/** The thread that watches the other one: see `HangWatch`. */
import { readFileSync } from 'node:fs'
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
let startedAtMs = watchedThreadMs()

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
    startedAtMs = watchedThreadMs()
    return isBusy
  }
  looks += 1
  const limitMs = Atomics.load(words, LIMIT_MS)
  if (looks < LOOKS || looks * LOOK_EVERY_MS < limitMs || watchedThreadMs() - startedAtMs < limitMs) return true
  if (Atomics.compareExchange(words, STATE, BUSY, ENDING) === BUSY) end()
  return false
}

/**
 * How much of the processor's time the watched thread has had, in milliseconds: what compaction does meanwhile, in a thread
 * of its own, is no fault of whoever writes. Where Linux's accounts are not to be had, it is the whole process's time.
 * Source: proc_pid_stat(5), fields 14 and 15, in hundredths of a second; the first thread has the process's number.
 */
function watchedThreadMs(): number {
  try {
    const account = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1')
    // The name before it may hold anything.
    const fields = account.slice(account.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  }
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
