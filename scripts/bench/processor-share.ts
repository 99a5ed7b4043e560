import { existsSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'

const CGROUPS = '/sys/fs/cgroup'
const PERIOD_MICROS = 10_000

/**
 * Gives a process, with all its threads, so much of a processor and no more (0.25 is a quarter), as a container's limit does;
 * so that three fit on one machine beside what they need. Resolves with how to take the limit away again, once the process has
 * ended. Throws where the kernel's control groups cannot be written.
 */
export async function limitProcessor(pid: number, share: number): Promise<() => Promise<void>> {
  const quota = Math.round(PERIOD_MICROS * share)
  const isFirst = existsSync(`${CGROUPS}/cpu/cpu.cfs_quota_us`)
  const group = `${CGROUPS}${isFirst ? '/cpu' : ''}/sketchroom-bench-${pid}`
  await mkdir(group)
  if (isFirst) {
    await writeFile(`${group}/cpu.cfs_period_us`, String(PERIOD_MICROS))
    await writeFile(`${group}/cpu.cfs_quota_us`, String(quota))
  } else {
    await writeFile(`${CGROUPS}/cgroup.subtree_control`, '+cpu')
    await writeFile(`${group}/cpu.max`, `${quota} ${PERIOD_MICROS}`)
  }
  await writeFile(`${group}/cgroup.procs`, String(pid))
  return () => rmdir(group)
}
