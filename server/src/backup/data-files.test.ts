import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockDataDir } from '../adapters/sql/data-dir-lock.ts'
import { listDataFiles } from './data-files.ts'

test('what a running server has for itself, and takes away when it stops, is none of the files that are copied', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  onTestFinished(lockDataDir(dataDir))
  await writeFile(join(dataDir, 'jwt-secret'), 'of the server')
  expect(await listDataFiles(dataDir)).toEqual(['jwt-secret'])
})
