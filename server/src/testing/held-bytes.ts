import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/**
 * How many bytes this process holds outside its heap, which is where messages are: without what nobody needs any more, and
 * without what the system holds on the way to clients. What was just let go is freed by another thread: to be waited for.
 */
export function heldBytes(): number {
  collect()
  return process.memoryUsage().arrayBuffers
}
