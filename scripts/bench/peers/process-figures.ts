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

/** What a process has used of the processors in its life, in microseconds; the kernel counts hundredths of a second. */
export async function readProcessorMicros(pid: number): Promise<number> {
  // Behind the name, which may have spaces: the 12th and 13th field.
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
