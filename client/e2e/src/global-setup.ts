import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Set when this run has built the client: each project loads this module anew. */
const IS_BUILT = 'SKETCHROOM_TEST_CLIENT_IS_BUILT'

/** Builds the client once, so that the browser gets what people get. */
export default function setup(): void {
  if (process.env[IS_BUILT] !== undefined) return
  const cwd = fileURLToPath(new URL('../../app', import.meta.url))
  const args = ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']
  // Vitest says `test` here, and Vite would build a client for developers, without a service worker.
  const env = { ...process.env, NODE_ENV: 'production' }
  const { status } = spawnSync(process.execPath, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) throw new Error('the client could not be built')
  process.env[IS_BUILT] = 'yes'
}
