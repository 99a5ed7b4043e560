/** `pnpm start`: builds the client and runs the server, which serves it. Ctrl-C stops both in order. */
import { spawn, spawnSync } from 'node:child_process'
import { SERVER_ENVIRONMENT, serverFlags } from './server-command.ts'

const vite = 'node_modules/vite/bin/vite.js'
const build = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
  cwd: 'client/app',
  stdio: 'inherit',
})
if (build.status !== 0) process.exit(build.status ?? 1)

const server = spawn(process.execPath, [...serverFlags(), 'server/src/main.ts'], {
  stdio: 'inherit',
  env: { ...SERVER_ENVIRONMENT, ...process.env },
})
// The terminal sends Ctrl-C to the whole group: wait for the server's own orderly end.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code) => process.exit(code ?? 1))
