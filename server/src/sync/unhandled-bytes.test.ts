import { expect, test } from 'vitest'
import { UnhandledBytes } from './unhandled-bytes.ts'

const KB = 1024
const LIMIT = 1_000 * KB

test.for([
  ['that never sign in', () => undefined],
  ['of a few guests', (n: number) => `guest-${n % 3}`],
] as const)('a flood of sockets %s cannot have the one edit cut that comes from the same address', ([, userIdOf]) => {
  const unhandled = new UnhandledBytes({ perAddress: LIMIT, total: 2 * LIMIT })
  const gone: string[] = []
  const holder = (name: string, userId: string | undefined) => {
    const made = {
      address: 'school',
      userId,
      giveUp: () => {
        gone.push(name)
        unhandled.set(made, 0)
      },
    }
    return made
  }
  unhandled.set(holder('ada', 'ada'), 128 * KB)
  // Whose first message is on its way stands with those who have not signed in, and has least of them.
  unhandled.set(holder('newcomer', undefined), 2 * KB)
  for (let n = 0; n < 100; n++) unhandled.set(holder('eve', userIdOf(n)), 62 * KB)
  expect(gone.length).toBeGreaterThan(50)
  expect(new Set(gone)).toEqual(new Set(['eve']))
})
