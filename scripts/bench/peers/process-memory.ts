import { readFile, writeFile } from 'node:fs/promises'

/** Whether a process's memory can be read here: Linux tells it of any process alike. */
export const READS_MEMORY = process.platform === 'linux'

/** What a process has in memory now, in bytes. */
export function readResidentBytes(pid: number): Promise<number> {
  return readStatus(pid, 'VmRSS')
}

/** The most that it had in memory since `forgetPeak`, in bytes. */
export function readPeakBytes(pid: number): Promise<number> {
  return readStatus(pid, 'VmHWM')
}

/** Has the peak begin at what the process has in memory now. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

async function readStatus(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (kilobytes === undefined) throw new Error(`the kernel tells no ${field} of process ${pid}`)
  return Number(kilobytes) * 1024
}
