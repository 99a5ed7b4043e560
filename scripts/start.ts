/**
 * `pnpm start`: builds the client, and becomes the server, which serves it.
 *
 * Every process between the operator and the server is one more that a signal may not get past, so there are none of
 * ours: this one is replaced by the server's, `exec` in package.json replaces pnpm's shell by this one, and `.npmrc` has
 * npx use bash, which does the same, where Debian's `sh` stays in between and dies of a signal alone.
 */
import { spawnSync } from 'node:child_process'
import { becomeServer } from './server-command.ts'

const vite = 'node_modules/vite/bin/vite.js'
const build = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
  cwd: 'client/app',
  stdio: 'inherit',
})
if (build.status !== 0) process.exit(build.status ?? 1)

becomeServer('--stop-with-parents')
