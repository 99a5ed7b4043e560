import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomTokenSchema } from '@sketchroom/shared/api/rooms'
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { findFreePort } from '../../../server/src/testing/free-port.ts'
import { removeServerData } from '../../../server/src/testing/server-data.ts'
import { ServerProcess } from '../../../server/src/testing/server-process.ts'
import { readStoredAuthors } from '../../../server/src/testing/stored-authors.ts'
import { ApiCaller } from '../../../server/src/testing/test-server.ts'
import { BoardActor } from './board-actor.ts'
import { launchBrowser } from './browser.ts'
import { Peer } from './peer.ts'

/** A board that is managed over REST. */
export interface HostBoard {
  readonly id: string
  /** Where people open it. */
  readonly url: string
  /** A room token for one of the host's users, for pages of these origins. */
  tokenFor(name: string, role?: 'viewer' | 'editor', origins?: readonly string[]): Promise<string>
  /** Lets one of the host's users in, with a room token and without a browser. */
  join(name: string, role?: 'viewer' | 'editor'): Promise<Peer>
}

interface StageOptions {
  readonly environment?: Record<string, string>
  readonly keepsApp?: boolean
  readonly mayRefuse?: boolean
}

/** A real server with its own data, a real browser, and the people who use them. */
export class Stage {
  readonly origin: string
  readonly api: ApiCaller
  readonly #port: number
  readonly #dataDir: string
  readonly #environment: Record<string, string>
  readonly #browser: Browser
  readonly #keepsApp: boolean
  readonly #mayRefuse: boolean
  /** What servers have written that were killed since. */
  #output = ''
  readonly #contexts: BrowserContext[] = []
  #server: ServerProcess

  private constructor(parts: {
    port: number
    dataDir: string
    environment: Record<string, string>
    keepsApp: boolean
    mayRefuse: boolean
    browser: Browser
    server: ServerProcess
  }) {
    this.#port = parts.port
    this.#dataDir = parts.dataDir
    this.#environment = parts.environment
    this.#keepsApp = parts.keepsApp
    this.#mayRefuse = parts.mayRefuse
    this.#browser = parts.browser
    this.#server = parts.server
    // `localhost` is a secure context, which service workers need.
    this.origin = `http://localhost:${parts.port}`
    this.api = new ApiCaller(this.origin)
  }

  /**
   * Starts both, the server with these environment variables besides. `keepsApp`: the browsers keep the app, so that it
   * starts without a network; each has to read all of it for that, which is half of the work of most stories. `mayRefuse`:
   * the story is about what the server does not take.
   */
  static async open(options: StageOptions = {}): Promise<Stage> {
    const { keepsApp = false, mayRefuse = false } = options
    // Refusals are told at this level.
    const environment = { LOG_LEVEL: 'info', ...options.environment }
    const [port, dataDir] = [await findFreePort(), await mkdtemp(join(tmpdir(), 'sketchroom-'))]
    const [browser, server] = await Promise.all([launchBrowser(), ServerProcess.start(port, dataDir, environment)])
    return new Stage({ port, dataDir, environment, keepsApp, mayRefuse, browser, server })
  }

  /** Somebody with a browser of their own: cookies, storage, cache. */
  async enter(options: BrowserContextOptions = {}): Promise<BoardActor> {
    const serviceWorkers = this.#keepsApp ? 'allow' : 'block'
    const viewport = { width: 1280, height: 800 }
    const context = await this.#browser.newContext({ viewport, serviceWorkers, ...options })
    this.#contexts.push(context)
    return new BoardActor(await context.newPage(), this.origin)
  }

  /** A board that a host's backend has made over REST, open to everybody with the link. */
  async hostBoard(): Promise<HostBoard> {
    const { accessToken } = await this.api.guest('Host')
    const { id } = await this.api.createRoom(accessToken, 'link-edit')
    return this.boardOf(accessToken, id)
  }

  /** A board that there is, as the backend with this access token manages it. */
  boardOf(accessToken: string, id: string): HostBoard {
    const tokenFor: HostBoard['tokenFor'] = async (name, role = 'editor', origins) => {
      const body = { user: { id: name, name }, role, origins }
      const response = await this.api.call('POST', apiPath('roomTokens', { roomId: id }), { token: accessToken, body })
      return roomTokenSchema.parse(await response.json()).token
    }
    const letIn: HostBoard['join'] = async (name, role) => Peer.join(this.origin, id, await tokenFor(name, role))
    return { id, url: `${this.origin}/r/${id}`, tokenFor, join: letIn }
  }

  /** Ends the server as a power cut would. */
  async killServer(): Promise<void> {
    await this.#server.end('SIGKILL')
    this.#output += this.#server.output
  }

  /** Starts the server again, on the same data and port, and with these environment variables besides. */
  async restartServer(environment: Record<string, string> = {}): Promise<void> {
    this.#server = await ServerProcess.start(this.#port, this.#dataDir, { ...this.#environment, ...environment })
  }

  /** Sends everybody home; the server stays. */
  async clear(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()))
  }

  /** Ends both; throws when the server has refused what the app wrote. */
  async close(): Promise<void> {
    await this.#browser.close()
    await this.#server.end('SIGKILL')
    await removeServerData(this.#dataDir)
    const refusals = this.refusals()
    if (refusals.length > 0 && !this.#mayRefuse) throw new Error(`the server refused writes: ${refusals.join('\n')}`)
  }

  /** Who has drawn on a board: a name for each Yjs client. */
  authorsOf(roomId: string): ReadonlyMap<number, string> {
    return readStoredAuthors(this.#dataDir, roomId)
  }

  /** What the server has refused of what was written here, as it stands in its log. */
  refusals(): string[] {
    const lines = (this.#output + this.#server.output).split('\n')
    return lines.filter((line) => /"a write was refused"|"a message could not be handled"/.test(line))
  }
}
