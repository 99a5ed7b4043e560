import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStorage } from './adapters/sql/sqlite-storage.ts'
import { Compaction } from './core/documents/compaction.ts'
import { MemoryDocumentStore } from './adapters/memory/memory-document-store.ts'

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

test.runIf(process.platform === 'linux')('threads that nobody draws with give way, and the others do not', async () => {
  const [own = NaN, ...others] = await nicenesses()
  expect(others).toEqual([])
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const storage = await openSqliteStorage({ file: join(directory, 'test.db') })
  onTestFinished(async () => {
    await storage.close()
    await rm(directory, { recursive: true })
  })
  await storage.documentStore.ping()
  expect(await nicenesses()).toEqual([own])
  await storage.documentStore.listQuarantined()
  expect(await nicenesses()).toEqual(withNicer(own))
})

test.runIf(process.platform === 'linux')('so does the one that builds boards', async () => {
  const [own = NaN] = await nicenesses()
  const compaction = new Compaction({ store: new MemoryDocumentStore(), reportDamaged: () => undefined })
  onTestFinished(() => compaction.close())
  await compaction.slice([Uint8Array.of(0, 0)])
  expect(await nicenesses()).toEqual(withNicer(own))
})
