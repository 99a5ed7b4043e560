import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { readStrokes, UNBOUNDED, Writer } from '../server/src/faults/writer.ts'
import { findFreePort } from '../server/src/testing/free-port.ts'
import { openServerStorage, removeServerData, serverEnvironment } from '../server/src/testing/server-data.ts'
import { ServerProcess } from '../server/src/testing/server-process.ts'
import { openRoom } from '../server/src/testing/test-room.ts'
import { ApiCaller } from '../server/src/testing/test-server.ts'

const scriptFile = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
const environment = (more: Record<string, string>) => ({ ...process.env, ...more })

/** Runs a script as an operator would, with a server's environment: what it printed, and its exit code. */
function run(script: string, more: Record<string, string>, ...args: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [scriptFile(script), ...args], { env: environment(more) }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

/** Where another installation may be: the environment of its server. */
async function elsewhere(): Promise<Record<string, string>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  onTestFinished(() => removeServerData(dataDir))
  return await serverEnvironment(dataDir)
}

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-backups-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** A guest of the server on this port, as their browser keeps them: the refresh token. */
async function enterAsGuest(port: number): Promise<string> {
  const { headers } = await fetch(`http://127.0.0.1:${port}/api/v1/auth/guest`, { method: 'POST' })
  return /^sketchroom_refresh=([^;]+)/.exec(headers.getSetCookie()[0] ?? '')?.[1] ?? ''
}

/** Trades the token as the browser does each time a page is loaded; answers the next. */
async function refresh(port: number, refreshToken: string): Promise<string> {
  const [method, headers] = ['POST', { 'content-type': 'application/json' }]
  const body = JSON.stringify({ refreshToken })
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/auth/refresh`, { method, headers, body })
  expect(response.status).toBe(200)
  return ((await response.json()) as { refreshToken: string }).refreshToken
}

test('a backup that is made under load is restored elsewhere and sound; who has drawn since brings it back', async () => {
  const [backups, port] = [await scratch(), await findFreePort()]
  const [here, there] = [await elsewhere(), await elsewhere()]
  const first = await ServerProcess.start(port, here['DATA_DIR'] ?? '', UNBOUNDED)
  onTestFinished(() => first.end('SIGKILL').then(() => undefined))
  const url = `ws://127.0.0.1:${port}/sync`
  const { roomId, editorToken: token } = await openRoom({ api: new ApiCaller(`http://127.0.0.1:${port}`) })
  const writers = Array.from({ length: 4 }, (_, n) => new Writer(`w${n}`))
  await Promise.all(writers.map((writer) => writer.connect(url, roomId, token)))
  onTestFinished(() => writers.forEach((writer) => writer.stop()))
  const acknowledged = () => writers.flatMap((writer) => [...writer.acknowledged])
  for (const writer of writers) writer.draw({ everyMs: 50 })
  await vi.waitFor(() => expect(acknowledged().length).toBeGreaterThan(50))
  const before = acknowledged()
  let signIn = await enterAsGuest(port)

  const backup = join(backups, 'monday')
  const made = await run('backup', here, backup)
  expect(made).toMatchObject({ code: 0, err: '' })

  const since = acknowledged().length
  await vi.waitFor(() => expect(acknowledged().length).toBeGreaterThan(since + 50))
  for (const writer of writers) writer.stop()
  for (let loads = 0; loads < 2; loads++) signIn = await refresh(port, signIn)
  await first.end('SIGKILL')
  await Promise.all(writers.map((writer) => writer.closed))

  expect(await run('restore', there, backup)).toMatchObject({ code: 0, err: '' })
  const verified = await run('verify', there)
  expect(verified).toMatchObject({ code: 0, err: '' })
  expect(verified.out).toMatch(/^Read 1 rooms, .* 0 faults, 0 records set aside\.$/m)
  const second = await ServerProcess.start(port, there['DATA_DIR'] ?? '', UNBOUNDED)
  onTestFinished(() => second.end('SIGKILL').then(() => undefined))
  const restored = await readStrokes(url, roomId, token)
  expect(before.filter((stroke) => !restored.has(stroke))).toEqual([])
  expect(restored.size).toBeLessThan(acknowledged().length)
  // What is restored knows an earlier token of theirs. They are not sent away as a thief would be: a guest could never come back.
  await refresh(port, signIn)

  await Promise.all(writers.map((writer) => writer.connect(url, roomId, token)))
  // What the first server had acknowledged, the second does not have to acknowledge again: it is asked for what it has.
  await vi.waitFor(async () => {
    const all = await readStrokes(url, roomId, token)
    expect(writers.flatMap(({ written }) => written).filter((stroke) => !all.has(stroke))).toEqual([])
  })
})

describe('beside nothing else', () => {
  let here: Record<string, string>
  beforeAll(async () => {
    here = await serverEnvironment(await mkdtemp(join(tmpdir(), 'sketchroom-')))
    await (await openServerStorage(here['DATA_DIR'] ?? '')).close()
  })
  afterAll(() => removeServerData(here['DATA_DIR'] ?? ''))

  test('a backup that is killed leaves nothing that looks like one, and that goes with the next', async () => {
    const backups = await scratch()
    const child = spawn(process.execPath, [scriptFile('backup'), join(backups, 'killed')], { env: environment(here) })
    await vi.waitFor(() => expect(globSync('killed.unfinished-*/sketchroom.lock', { cwd: backups })).toHaveLength(1), {
      interval: 1,
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    expect(existsSync(join(backups, 'killed'))).toBe(false)
    expect(await run('backup', here, join(backups, 'next'))).toMatchObject({ code: 0, err: '' })
    expect(await readdir(backups)).toEqual(['next'])
  })

  test.skipIf(process.platform !== 'linux')('a full disk leaves nothing that looks like a backup', async () => {
    const backups = await scratch()
    // Enough for what SQLite has beside a database.
    const args = ['--fsize=50000', process.execPath, scriptFile('backup'), join(backups, 'full')]
    const full = () => execFileSync('prlimit', args, { env: environment(here), stdio: 'pipe' })
    expect(full).toThrow(/Failed; it may be run again: .*(full|I\/O error)/)
    expect(await readdir(backups)).toEqual([])
  })
})

test.each([
  ['backup', [], 'Say where the backup is to be.'],
  ['restore', ['./nowhere'], './nowhere is no backup'],
  ['verify', ['--force'], "Unknown option '--force'"],
])('%s, asked for %o, says what is wrong', async (script, args, message) => {
  const { code, err } = await run(script, {}, ...args)
  expect([code, err]).toEqual([2, expect.stringContaining(message)])
})
