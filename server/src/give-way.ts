import { constants, getPriority, setPriority } from 'node:os'

/** How much nicer such a thread is: it has a tenth of the others' share, when all want the processor. */
const NICENESS = 10

/**
 * Makes the calling thread give way to the others of the process: on one or two processors, a thread that reads large
 * boards would otherwise take turns with the one that everybody's edits go through. On Linux, what Node sets is the
 * priority of the thread that asks; elsewhere it is that of the whole process, so that nothing is done.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + NICENESS))
  } catch {
    // A sandbox that forbids it is no reason to do without the thread.
  }
}
