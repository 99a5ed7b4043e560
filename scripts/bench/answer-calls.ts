/** What a process answers, by name. Arguments and results travel as structured clones. */
export type Procedures<Calls> = { [Name in keyof Calls]: (...args: never[]) => unknown }

/** A call on its way to a process. */
export interface Question {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

/** What comes back. */
export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string }

/** All that a process of the bench says: that it answers from now on, and its answers. */
export type FromChild = 'ready' | Answer

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
