import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile } from '../statistics.ts'

const WRITES = 100
const BLOCK = new Uint8Array(4096)

/** The median of what appending 4 KiB and waiting for the disk takes here, in milliseconds. */
export async function measureDisk(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-bench-disk-'))
  const file = await open(join(directory, 'blocks'), 'a')
  const times: number[] = []
  for (let n = 0; n < WRITES; n++) {
    const start = performance.now()
    await file.write(BLOCK)
    await file.datasync()
    times.push(performance.now() - start)
  }
  await file.close()
  await rm(directory, { recursive: true })
  return percentile(times, 0.5)
}
