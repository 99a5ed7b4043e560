import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const root = dirname(import.meta.dirname)
const oxlint = join(dirname(createRequire(import.meta.url).resolve('oxlint/package.json')), 'bin/oxlint')
const planted: string[] = []

afterEach(() => {
  for (const file of planted.splice(0)) rmSync(file)
})

/** Lints a file that does not stay, and answers whether its import was refused. */
function isRefused(folder: string, specifier: string): boolean {
  const file = join(root, folder, `planted-${process.pid}.ts`)
  planted.push(file)
  writeFileSync(file, `import * as it from '${specifier}'\n\nexport const planted = it\n`)
  const { stdout } = spawnSync(process.execPath, [oxlint, file], { cwd: root, encoding: 'utf8' })
  return stdout.includes('no-restricted-imports')
}

test.for([
  ['shared/src', 'koa'],
  ['shared/src/scene', '@sketchroom/server/errors'],
  ['server/src/ports', '../core/access.ts'],
  ['server/src/core', '../adapters/sql/migrate.ts'],
  ['server/src/core/documents', '../../sync/wire.ts'],
  ['server/src/adapters/sql', '../../core/access.ts'],
  ['server/src/adapters/sql', '../../http/app.ts'],
  ['server/src/http', '../sync/wire.ts'],
  ['server/src/http/routes', '../../adapters/sql/migrate.ts'],
  ['server/src/sync', '../http/app.ts'],
  ['server/src/sync', '../compose.ts'],
  ['client/canvas/src/binding', '@excalidraw/excalidraw'],
  ['client/canvas/src', '@sketchroom/app/main'],
  ['client/app/src', '@sketchroom/server/errors'],
  ['client/app/src', 'yjs'],
] as const)('%s may not import %s', ([folder, specifier]) => {
  expect(isRefused(folder, specifier)).toBe(true)
})

test.for([
  ['shared/src', 'yjs'],
  ['server/src/core/documents', '../../ports/document-store.ts'],
  ['server/src/adapters/sql', '../../ports/document-store.ts'],
  ['server/src/sync', '../core/events.ts'],
  ['client/canvas/src/view', '@excalidraw/excalidraw'],
  ['client/app/src', '@sketchroom/canvas'],
] as const)('%s may import %s', ([folder, specifier]) => {
  expect(isRefused(folder, specifier)).toBe(false)
})
