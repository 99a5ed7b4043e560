import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

test('a server that pnpm has started stops in order when what started pnpm is killed', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  // As npx, pnpm and the server stand to each other; `wait` keeps a shell from becoming the command.
  const asPnpm = '"$NODE" "$MAIN" --stop-with-parents & wait'
  const asNpx = `npm_lifecycle_event=npx sh -c '${asPnpm}' & echo started; wait`
  const npx = spawn('sh', ['-c', asNpx], {
    env: { ...process.env, NODE: process.execPath, MAIN, PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: npx.stdout })) {
    lines.push(line)
    if (line.includes('SketchRoom is at')) npx.kill('SIGKILL')
  }
  if (npx.signalCode === null) await once(npx, 'exit')
  expect(npx.signalCode).toBe('SIGKILL')
  expect(lines.slice(-3).map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'the command that started this server is gone',
    'stopping',
    'stopped',
  ])
})
