import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { defaultBoardBytes } from '../core/gate/board-size.ts'

const SMALL_MEMORY = 512 * 1024 * 1024
/** What the README says that a machine of 512 MB is given, and what follows there from the memory that it has. */
export const SMALL_MACHINE: Readonly<Record<string, string>> = {
  NODE_OPTIONS: '--max-old-space-size=160',
  MALLOC_MMAP_THRESHOLD_: '131072',
  UNHANDLED_BYTES_PER_ADDRESS: '16777216',
  UNHANDLED_BYTES: '33554432',
  UNSTORED_BYTES: '16777216',
  LOADED_BYTES: String(Math.floor(SMALL_MEMORY / 10)),
  MAX_BOARD_BYTES: String(defaultBoardBytes(SMALL_MEMORY)),
}

/** What a process holds now of what cannot be given back to others, in MB: its code can be read again from the disk. */
export async function heldMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** The most that a process held while something was done, in MB. */
export async function mostMb(pid: number, during: () => Promise<void>): Promise<number> {
  let most = await heldMb(pid)
  let isOver = false
  const watching = (async () => {
    for (; !isOver; await wait(50)) most = Math.max(most, await heldMb(pid))
  })()
  await during().finally(() => (isOver = true))
  await watching
  return most
}
