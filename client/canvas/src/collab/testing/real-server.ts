import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiPath } from '@sketchroom/shared/api/paths'
import { vi } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../../../server/src/main.ts', import.meta.url))

/** A person who may call the API and hand out tokens for sessions. */
export interface Person {
  readonly id: string
  readonly getToken: () => Promise<string>
  call(method: string, path: string, body?: unknown): Promise<Response>
}

/** The server as people run it: a process of its own, on a port and a directory that outlive it. */
export interface RealServer {
  readonly url: string
  /** Starts the process unless it runs, and waits until it is ready. */
  start(): Promise<void>
  /** Stops it as SIGKILL does: no goodbye, nothing flushed. */
  kill(): Promise<void>
  guest(name: string): Promise<Person>
  /** Stops it and removes what it stored. */
  dispose(): Promise<void>
}

/** Prepares a server on a free port of 127.0.0.1 and an empty directory. */
export async function createRealServer(): Promise<RealServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-canvas-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    child = undefined
  }

  return {
    url,
    kill,
    async start() {
      if (child?.exitCode === null) return
      child = spawn(process.execPath, [MAIN], {
        env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      await vi.waitFor(
        async () => {
          const response = await fetch(`${url}/ready`)
          if (!response.ok) throw new Error(`not ready: ${response.status}`)
        },
        { timeout: 15_000, interval: 30 },
      )
    },
    async guest(name) {
      const response = await fetch(url + apiPath('guest'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      })
      const { user, accessToken } = (await response.json()) as { user: { id: string }; accessToken: string }
      return {
        id: user.id,
        getToken: async () => accessToken,
        call: (method, path, body) =>
          fetch(url + path, {
            method,
            headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          }),
      }
    },
    async dispose() {
      await kill()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
