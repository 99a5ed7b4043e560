/**
 * `pnpm dev`: the server, started anew at each change of its files, and Vite, which reloads the client
 * and passes API and WebSocket calls on to the server.
 */
import { spawn } from 'node:child_process'

const server = spawn(process.execPath, ['--watch-path=server/src', '--watch-path=shared/src', 'server/src/main.ts'], {
  stdio: 'inherit',
  // Vite's page is another origin than the server's.
  env: { ALLOWED_ORIGINS: 'http://localhost:5173', ...process.env },
})
const client = spawn(process.execPath, ['node_modules/vite/bin/vite.js'], { cwd: 'client/app', stdio: 'inherit' })

function stop(): void {
  server.kill('SIGTERM')
  client.kill('SIGTERM')
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
for (const child of [server, client]) {
  child.on('exit', (code) => {
    stop()
    process.exitCode = code ?? 1
  })
}
