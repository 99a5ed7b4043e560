/** How long a test waits for what should come at once: long enough for a machine that does much else. */
export const SOON = { timeout: 30_000, interval: 100 }
