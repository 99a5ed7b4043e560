import { totalmem } from 'node:os'

/** How much memory this process may have, in bytes: the machine's, or what its container is given of that. */
export function processMemory(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
