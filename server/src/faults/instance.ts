import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BreakableLine } from '../testing/breakable-line.ts'
import { findFreePort } from '../testing/free-port.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { ApiCaller } from '../testing/test-server.ts'
import { UNBOUNDED } from './writer.ts'

/** An instance as a process that can be killed and started again, with a line of its own to Redis, if there is one. */
export class Instance {
  readonly port: number
  readonly line: BreakableLine | undefined
  readonly #dataDir: string
  readonly #environment: Record<string, string>
  #process: ServerProcess | undefined

  private constructor(parts: {
    port: number
    line: BreakableLine | undefined
    dataDir: string
    environment: Record<string, string>
  }) {
    this.port = parts.port
    this.line = parts.line
    this.#dataDir = parts.dataDir
    this.#environment = parts.environment
  }

  /** Starts one over this database and Redis, with further environment variables; `remove` is the caller's to call. */
  static async start(databaseUrl: string, redisUrl?: string, more: Record<string, string> = {}): Promise<Instance> {
    const [port, dataDir] = [await findFreePort(), await mkdtemp(join(tmpdir(), 'sketchroom-'))]
    const line = redisUrl === undefined ? undefined : await BreakableLine.to(redisUrl)
    const redis: Record<string, string> = line && redisUrl !== undefined ? { REDIS_URL: line.url(redisUrl) } : {}
    const environment = { DATABASE_URL: databaseUrl, ...redis, ...UNBOUNDED, ...more }
    const instance = new Instance({ port, line, dataDir, environment })
    await instance.restart()
    return instance
  }

  get api(): ApiCaller {
    return new ApiCaller(`http://127.0.0.1:${this.port}`)
  }

  get syncUrl(): string {
    return `ws://127.0.0.1:${this.port}/sync`
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL')
  }

  /** What it has written since it was started. */
  get output(): string {
    return this.#process?.output ?? ''
  }

  /** Starts it again, on the same port. */
  async restart(): Promise<void> {
    this.#process = await ServerProcess.start(this.port, this.#dataDir, this.#environment)
  }

  /** Stops it as an operator does; resolves with its exit code. */
  async stop(): Promise<number | null | undefined> {
    return await this.#process?.end('SIGTERM')
  }

  /** Ends it, and takes all of it away. */
  async remove(): Promise<void> {
    await this.kill()
    this.line?.close()
    await rm(this.#dataDir, { recursive: true })
  }
}
