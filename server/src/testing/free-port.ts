import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

/** Below what systems give to outgoing connections, or one of those could take a port whose server is restarted. */
const FIRST_PORT = 20_000
const PORT_COUNT = 10_000

/** A port that nothing listens on right now, and that no outgoing connection is given. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    // By chance, so that tests that run side by side seldom meet.
    const port = FIRST_PORT + randomInt(PORT_COUNT)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Whether something on this machine takes connections on a port. */
export function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy())
}
