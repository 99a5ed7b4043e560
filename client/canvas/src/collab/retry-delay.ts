const SHORTEST_MS = 200
const FIRST_LONGEST_MS = 2_000
/** The longest wait before the next try, in milliseconds. */
export const LONGEST_RETRY_MS = 30_000

/**
 * How long to wait before trying again, in milliseconds. `failures` counts the attempts that failed since the
 * connection last held: 0 right after a drop. The wait is random in a growing range, so that a server that
 * comes back is not met by everyone at once. `random` is in [0, 1).
 */
export function retryDelayMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_LONGEST_MS * 2 ** failures)
  return Math.round(SHORTEST_MS + random * (longest - SHORTEST_MS))
}
