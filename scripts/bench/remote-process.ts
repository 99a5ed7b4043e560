import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a process answers, by name. Arguments and results travel as structured clones. */
type Procedures<Calls> = { [Name in keyof Calls]: (...args: never[]) => unknown }
type Arguments<Procedure> = Procedure extends (...args: infer Args) => unknown ? Args : never
type Result<Procedure> = Procedure extends (...args: never[]) => infer Value ? Awaited<Value> : never

interface Question {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}
type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string }
type FromChild = 'ready' | Answer

/** In a child: answers the parent's calls, and ends with the parent. */
export function answerCalls<Calls extends Procedures<Calls>>(calls: Calls): void {
  const answer = (reply: FromChild) => process.send?.(reply)
  process.on('message', ({ id, name, args }: Question) => {
    const call = calls[name as keyof Calls] as unknown as (...args: readonly unknown[]) => unknown
    void (async () => call(...args))().then(
      (value) => answer({ id, value }),
      (error: unknown) =>
        answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  answer('ready')
}

/** A process of the bench, started with the garbage collector within reach, and called by name. */
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
  static async start<Calls extends Procedures<Calls>>(file: URL, args: string[] = []): Promise<RemoteProcess<Calls>> {
    // Flags of the parent's own, such as a profiler's, are not the child's business; NODE_OPTIONS reaches both.
    const child = fork(fileURLToPath(file), args, { execArgv: ['--expose-gc'], serialization: 'advanced' })
    const remote = new RemoteProcess<Calls>(child)
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', (code) => reject(new Error(`${file.pathname} ended with ${code}`)))
    })
    return remote
  }

  /** Calls and resolves with the answer; rejects with the error of the other side. */
  call<Name extends keyof Calls & string>(name: Name, ...args: Arguments<Calls[Name]>): Promise<Result<Calls[Name]>> {
    const id = ++this.#lastId
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, name, args } satisfies Question)
    }) as Promise<Result<Calls[Name]>>
  }

  /** Ends the process and resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended
  }
}
