import { availableParallelism } from 'node:os'

/*
 * How the server's process is started, by `pnpm start`, `serve.ts` and the bench alike. A larger nursery of the heap saves a
 * tenth of the CPU of a busy room, and takes 5 MB more with a thousand people; two helper threads of V8 are enough
 * beside our own. Boards are memory outside the heap, and count: with less before its first full collections, V8 would
 * mark everything whenever 35 MB of them are opened, and who draws would wait for that. The code that Node has stripped
 * of types and compiled is kept for the next start, which then takes half the time and 50 MB less. With one processor,
 * V8's helpers only take it from the thread that waits for them.
 */

/** Flags for Node, before the file, of a server that may use so many processors. */
export function serverFlags(processors = availableParallelism()): string[] {
  const flags = ['--max-semi-space-size=4', '--v8-pool-size=2', '--no-node-snapshot', '--initial-old-space-size=128']
  return processors === 1 ? [...flags, '--single-threaded-gc'] : flags
}

/** Variables for the server's process beside the caller's own. */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: 'node_modules/.cache/node',
  // The C library would otherwise keep a pool of memory for each thread.
  MALLOC_ARENA_MAX: '2',
}

/** Replaces this process by the server's: it gets the signals itself, and its exit code is the command's. */
export function becomeServer(...args: readonly string[]): void {
  process.execve?.(process.execPath, [process.execPath, ...serverFlags(), 'server/src/main.ts', ...args], {
    ...SERVER_ENVIRONMENT,
    ...process.env,
  })
}
