import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiPath } from '@sketchroom/shared/api/paths'
import { signedInSchema, type SignedIn } from '@sketchroom/shared/api/auth'
import { roomSchema, roomTokenSchema, type Room } from '@sketchroom/shared/api/rooms'
import type { Access, Role } from '@sketchroom/shared/roles'
import { pino } from 'pino'
import { compose, type App, type ComposeOptions } from '../compose.ts'
import { parseConfig } from '../config.ts'
import { findFreePort } from './free-port.ts'
import { removeServerData, serverEnvironment } from './server-data.ts'
import { FAR_LIMITS } from './start-api.ts'

/** Calls a server's REST API as its people would. */
export class ApiCaller {
  readonly origin: string

  constructor(origin: string) {
    this.origin = origin
  }

  /** Sends JSON; answers the response whatever its status. */
  call(method: string, path: string, options: { token?: string; body?: unknown } = {}): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
  }

  async guest(name = 'Ada'): Promise<SignedIn> {
    return signedInSchema.parse(await this.#ok('POST', apiPath('guest'), { body: { name } }))
  }

  async createRoom(token: string, access: Access = 'private'): Promise<Room> {
    return roomSchema.parse(await this.#ok('POST', apiPath('rooms'), { token, body: { name: 'A board', access } }))
  }

  async roomToken(
    token: string,
    roomId: string,
    role: 'viewer' | 'editor',
    userId = 'host-user',
    name = userId,
  ): Promise<string> {
    const body = { user: { id: userId, name }, role }
    return roomTokenSchema.parse(await this.#ok('POST', apiPath('roomTokens', { roomId }), { token, body })).token
  }

  async setMember(token: string, roomId: string, userId: string, role: Role): Promise<void> {
    await this.#ok('PUT', apiPath('member', { roomId, userId }), { token, body: { role } })
  }

  async #ok(method: string, path: string, options: { token?: string; body?: unknown }): Promise<unknown> {
    const response = await this.call(method, path, options)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? undefined : response.json()
  }
}

/** A whole server in this process, on a database of its own, in the engine of this run. */
export interface TestServer {
  readonly api: ApiCaller
  readonly app: App
  readonly syncUrl: string
  readonly yjsUrl: string
  /** Stops the server as SIGTERM would; true when everything was durable. */
  stop(): Promise<boolean>
  /** Stops and removes its data. */
  remove(): Promise<void>
}

/** Where a test server is, and what it is told otherwise. */
interface TestServerOptions extends ComposeOptions {
  readonly dataDir?: string
  readonly port?: number
  readonly logLevel?: string
  readonly trustProxy?: number
  /** Further environment variables. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a server on a free port; `dataDir` and `port` let one take another's place. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'sketchroom-')))
  const port = options.port ?? (await findFreePort())
  const { logLevel = 'silent', trustProxy = 0 } = options
  const environment = {
    PORT: `${port}`,
    LOG_LEVEL: logLevel,
    TRUST_PROXY: `${trustProxy}`,
    MAX_ROOMS_PER_GUEST: '100000',
  }
  const config = parseConfig({ ...environment, ...(await serverEnvironment(dataDir, options.environment)) })
  const app = await compose(config, pino({ level: config.logLevel }), { limits: FAR_LIMITS, ...options })
  await app.lifecycle.start()
  return {
    api: new ApiCaller(`http://127.0.0.1:${port}`),
    app,
    syncUrl: `ws://127.0.0.1:${port}/sync`,
    yjsUrl: `ws://127.0.0.1:${port}/yjs`,
    stop: () => app.lifecycle.stop(),
    async remove() {
      await app.lifecycle.stop()
      await removeServerData(dataDir)
    },
  }
}
