import { createHash } from 'node:crypto'
import { Piscina } from 'piscina'
import { SketchRoomError } from '../../errors.ts'
import type { PasswordJob } from './password-worker.ts'

/** Each step doubles the work; 11 takes a tenth to a quarter of a second of one core. */
const COST = 11
/** More jobs than this waiting means an attack, not people. */
const MAX_WAITING = 500

/** Hashes and checks passwords away from the event loop. */
export interface Passwords {
  /** A bcrypt hash of the whole password, however long. */
  hash(password: string): Promise<string>
  /** Whether the password fits. A null hash (nobody has the address) takes as long, and is false. */
  verify(password: string, hash: string | null): Promise<boolean>
  /** Stops the worker threads. */
  close(): Promise<void>
}

/** Starts `threads` workers for passwords. Rejects with `rate_limited` when too many jobs wait. */
export function createPasswords({ threads, cost = COST }: { threads: number; cost?: number }): Passwords {
  const pool = new Piscina<PasswordJob, string | boolean>({
    filename: new URL('./password-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
    maxQueue: MAX_WAITING,
  })
  // A hash that no password has; only its cost matters.
  const unfitting = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`

  async function run(job: PasswordJob): Promise<string | boolean> {
    if (pool.queueSize >= MAX_WAITING) throw new SketchRoomError('rate_limited', 'Too many people are signing in.')
    return await pool.run(job)
  }

  return {
    hash: async (password) => String(await run({ prehash: prehash(password), cost })),
    async verify(password, hash) {
      const fits = await run({ prehash: prehash(password), hash: hash ?? unfitting })
      return hash !== null && fits === true
    },
    close: () => pool.close(),
  }
}

/**
 * bcrypt looks at 72 bytes and stops at a zero byte; the 44 characters of a SHA-256 in base64 stand for
 * the whole password. The same letters typed on another system give the same bytes (NFKC).
 */
function prehash(password: string): string {
  return createHash('sha256').update(password.normalize('NFKC')).digest('base64')
}
