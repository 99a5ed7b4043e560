import { spawnSync } from 'node:child_process'
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const APP = fileURLToPath(new URL('../../app', import.meta.url))
/** Modules that are in a chunk of their own: the page, and the board that it loads when one is opened. */
const MARKED = { page: 'client/app/src/main.tsx', board: 'client/canvas/src/index.ts' }

/** Several versions of the built app, of which one is served. Each says on `<html>` which version ran. */
export class AppVersions {
  /** Where a server finds the version that is served. */
  readonly clientDir: string
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.clientDir = join(folder, 'served')
  }

  /** Builds them, as global-setup.ts does, each with its own mark in the page's chunk and in the board's. */
  static async build(versions: readonly string[]): Promise<AppVersions> {
    const folder = await mkdtemp(join(tmpdir(), 'sketchroom-versions-'))
    for (const version of versions) {
      const config = join(folder, `${version}.config.ts`)
      await writeFile(config, configOf(version, join(folder, version)))
      const args = ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn', '--configLoader', 'native']
      const env = { ...process.env, NODE_ENV: 'production' }
      const { status } = spawnSync(process.execPath, [...args, '--config', config], { cwd: APP, env, stdio: 'inherit' })
      if (status !== 0) throw new Error(`version ${version} of the app could not be built`)
    }
    return new AppVersions(folder)
  }

  /** From now on this version is served, as after an operator's update. */
  async serve(version: string): Promise<void> {
    const next = join(this.#folder, 'next')
    await symlink(join(this.#folder, version), next)
    await rename(next, this.clientDir)
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function configOf(version: string, outDir: string): string {
  return `
import base from ${JSON.stringify(join(APP, 'vite.config.ts'))}

const MARKED = ${JSON.stringify(MARKED)}
const mark = {
  name: 'mark-version',
  transform(code, id) {
    const part = Object.keys(MARKED).find((name) => id.endsWith(MARKED[name]))
    return part && code + '\\ndocument.documentElement.dataset.' + part + ' = ${version}'
  },
}
export default {
  ...base,
  plugins: [...base.plugins, mark],
  build: { ...base.build, outDir: ${JSON.stringify(outDir)}, emptyOutDir: true },
}
`
}
