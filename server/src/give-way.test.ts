import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openSqliteStorage } from './adapters/sql/sqlite-storage.ts'

/** How nice the threads of this process are, each number once. */
async function nicenesses(): Promise<number[]> {
  const threads = await readdir('/proc/self/task')
  const found = threads.map(async (thread) => {
    const stat = await readFile(`/proc/self/task/${thread}/stat`, 'utf8').catch(() => undefined)
    // Its name, in parentheses, may hold anything.
    return stat && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
  return [...new Set((await Promise.all(found)).filter((nice) => typeof nice === 'number'))].sort((a, b) => a - b)
}

/** With some that give way. Nothing is nicer than 19. */
const withNicer = (own: number) => [...new Set([own, Math.min(19, own + 10)])]

test.runIf(process.platform === 'linux')(
  'the thread that reads documents gives way, and the others do not',
  async () => {
    const [own = NaN, ...others] = await nicenesses()
    expect(others).toEqual([])
    const roomId = roomIdSchema.parse('a-room-of-nobody')
    const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    const storage = await openSqliteStorage({ file: join(directory, 'test.db') })
    onTestFinished(async () => {
      await storage.close()
      await rm(directory, { recursive: true })
    })
    await storage.documentStore.ping()
    // What writes would wait for the processor with everybody's write lock in its hands.
    await storage.documentStore.quarantine({ roomId, kind: 'update', seq: 1 }, 'nothing is there')
    expect(await nicenesses()).toEqual([own])
    await storage.documentStore.load(roomId)
    await vi.waitFor(async () => expect(await nicenesses()).toEqual(withNicer(own)))
  },
)
