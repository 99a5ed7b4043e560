import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FromChild, Procedures, Question } from './answer-calls.ts'
import { findCores, type Side } from './cores.ts'

type Arguments<Procedure> = Procedure extends (...args: infer Args) => unknown ? Args : never
type Result<Procedure> = Procedure extends (...args: never[]) => infer Value ? Awaited<Value> : never

const CORES = findCores()

/** How a process is started. */
export interface ProcessOptions {
  readonly args?: readonly string[]
  /** Flags for Node, before the file. */
  readonly flags?: readonly string[]
  /** Variables beside those of the bench itself. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A process of the bench, on its side's processor, and called by name. */
export class RemoteProcess<Calls extends Procedures<Calls>> {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #lastId = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error('the process ended before it answered'))
        resolve()
      })
    })
    child.on('message', (message: FromChild) => {
      if (message === 'ready') return
      const waiter = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if ('error' in message) waiter?.reject(new Error(message.error))
      else waiter?.resolve(message.value)
    })
  }

  /** Starts `file` and resolves when it answers calls; rejects when it ends instead. */
  static async start<Calls extends Procedures<Calls>>(
    file: URL,
    side: Side,
    { args = [], flags = [], environment = {} }: ProcessOptions = {},
  ): Promise<RemoteProcess<Calls>> {
    const child = fork(fileURLToPath(file), args, {
      // Flags of the parent's own, such as a profiler's, are not the child's business; NODE_OPTIONS reaches both.
      ...(CORES
        ? { execPath: 'taskset', execArgv: ['-c', String(CORES[side]), process.execPath, ...flags] }
        : { execArgv: [...flags] }),
      env: { ...process.env, ...environment },
      serialization: 'advanced',
      // What a server logs is not what the bench prints.
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    })
    const remote = new RemoteProcess<Calls>(child)
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', (code) => reject(new Error(`${file.pathname} ended with ${code}`)))
    })
    return remote
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('the process was not started')
    return pid
  }

  /** Whether it still runs. */
  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Calls and resolves with the answer; rejects with the error of the other side. */
  call<Name extends keyof Calls & string>(name: Name, ...args: Arguments<Calls[Name]>): Promise<Result<Calls[Name]>> {
    const id = ++this.#lastId
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, name, args } satisfies Question)
    }) as Promise<Result<Calls[Name]>>
  }

  /** Asks the process to end by itself, as an operator would, and resolves when it is gone. */
  async terminate(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }

  /** Ends the process and resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended
  }
}
