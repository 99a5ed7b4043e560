/** Hocuspocus with its Redis extension, both with their defaults, in a process of its own. */
import { Redis } from '@hocuspocus/extension-redis'
import { Server } from '@hocuspocus/server'
import { Redis as RedisClient } from 'ioredis'
import { servePeer } from './peer-calls.ts'

const url = process.argv[2] ?? ''
const server = new Server({
  port: 0,
  address: '127.0.0.1',
  quiet: true,
  extensions: [new Redis({ createClient: () => new RedisClient(url) })],
})
await server.listen()
const { port } = server.address

servePeer({
  createRooms: async (count) =>
    Array.from({ length: count }, () => ({ port, path: '/', name: 'the-room-of-the-bench', token: 'anyone' })),
  stop: () => server.destroy(),
})
