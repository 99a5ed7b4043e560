import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { serverEnvironment } from './server-data.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The server as a process of its own, so that it can be killed. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  #output = ''

  private constructor(environment: Record<string, string>) {
    this.#child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment }, stdio: 'pipe' })
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    }
  }

  /**
   * Starts it, with further environment variables if there are any, and resolves when it is ready; rejects with its
   * output when it ends instead.
   */
  static async start(port: number, dataDir: string, environment: Record<string, string> = {}): Promise<ServerProcess> {
    const given = await serverEnvironment(dataDir, environment)
    const server = new ServerProcess({ PORT: String(port), LOG_LEVEL: 'warn', ...given })
    let ended = false
    void server.#exited.then(() => (ended = true))
    while (!(await isReady(port))) {
      if (ended) throw new Error(`the server ended: ${server.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return server
  }

  /** The number by which the system knows it. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the server was not started')
    return this.#child.pid
  }

  /** What it has written so far. */
  get output(): string {
    return this.#output
  }

  /** Sends a signal and resolves with the exit code; null when the signal ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal)
    return this.#exited
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`)).ok
  } catch {
    return false
  }
}
