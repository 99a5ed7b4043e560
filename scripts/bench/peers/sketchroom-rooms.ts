import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { signedInSchema } from '@sketchroom/shared/api/auth'
import { SYNC_PATH, apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema } from '@sketchroom/shared/api/rooms'
import type { RoomAddress } from './peer-calls.ts'

/** The load comes from one address and from a few people, and is far more than people send: it is not to be bounded. */
export const UNBOUNDED: Readonly<Record<string, string>> = {
  MESSAGES_PER_SECOND: '1000000',
  MESSAGES_AT_ONCE: '1000000',
  BYTES_PER_SECOND: '1000000000',
  BYTES_AT_ONCE: '1000000000',
  DAILY_BYTES_PER_USER: '1000000000000',
  DAILY_BYTES_PER_ADDRESS: '1000000000000',
  UNHANDLED_BYTES_PER_ADDRESS: '1000000000',
  UNHANDLED_BYTES: '1000000000',
  MESSAGE_BYTES: '268435456',
  MAX_SOCKETS_PER_USER: '100000',
  MAX_SOCKETS_PER_ROOM: '100000',
  MAX_MEMBER_SOCKETS_PER_ROOM: '100000',
  MAX_VISITOR_SOCKETS_PER_ROOM: '100000',
  MAX_SOCKETS_PER_USER_IN_ROOM: '100000',
}

/** Below what systems give to outgoing connections, of which the clients have many. */
const FIRST_PORT = 20_000
const PORT_COUNT = 10_000
/** So many rooms are asked for at once. */
const AT_ONCE = 20

/** A port that nothing listens on. */
export function findFreePort(): Promise<number> {
  const port = FIRST_PORT + randomInt(PORT_COUNT)
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(findFreePort()))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)))
  })
}

/** Has a new guest of a SketchRoom create rooms; whoever joins them is that guest. */
export async function createRooms(port: number, count: number): Promise<RoomAddress[]> {
  const { accessToken: token } = signedInSchema.parse(await post(port, apiPath('guest'), { name: 'Ada' }))
  const rooms: RoomAddress[] = []
  while (rooms.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - rooms.length) }, async () => {
      const body = { name: 'A board', access: 'private' }
      const { id } = roomSchema.parse(await post(port, apiPath('rooms'), body, token))
      return { port, path: SYNC_PATH, name: id, token }
    })
    rooms.push(...(await Promise.all(some)))
  }
  return rooms
}

async function post(port: number, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      // Every guest is at an address of its own, to a server that believes its proxy, or there would be too many.
      'x-forwarded-for': `10.200.${randomInt(256)}.${randomInt(256)}`,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}
