import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../../../../../server/src/testing/free-port.ts'
import { removeServerData } from '../../../../../server/src/testing/server-data.ts'
import { ServerProcess } from '../../../../../server/src/testing/server-process.ts'
import { ApiCaller } from '../../../../../server/src/testing/test-server.ts'

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

/** Prepares a server on a free port of 127.0.0.1 and an empty directory, with these environment variables besides. */
export async function createRealServer(environment: Record<string, string> = {}): Promise<RealServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-canvas-'))
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const api = new ApiCaller(url)
  let running: ServerProcess | undefined

  async function kill(): Promise<void> {
    await running?.end('SIGKILL')
    running = undefined
  }

  return {
    url,
    kill,
    async start() {
      running ??= await ServerProcess.start(port, dataDir, environment)
    },
    async guest(name) {
      const { user, accessToken: token } = await api.guest(name)
      return {
        id: user.id,
        getToken: async () => token,
        call: (method, path, body) => api.call(method, path, { token, body }),
      }
    },
    async dispose() {
      await kill()
      await removeServerData(dataDir)
    },
  }
}
