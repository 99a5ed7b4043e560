/** Hocuspocus with its defaults in a process of its own. With a file, every document is read from it. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Server } from '@hocuspocus/server'
import { servePeer } from './peer-calls.ts'

const [file] = process.argv.slice(2)
const server = new Server({
  port: 0,
  address: '127.0.0.1',
  quiet: true,
  ...(file ? { onLoadDocument: () => readFile(file) } : {}),
})
await server.listen()
const { port } = server.address

servePeer({
  createRooms: async (count) =>
    Array.from({ length: count }, () => ({ port, path: '/', name: randomUUID(), token: 'anyone' })),
  stop: () => server.destroy(),
})
