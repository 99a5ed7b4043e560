/** `@y/websocket-server` in a process of its own. With a file, every document is read from it. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setPersistence, setupWSConnection } from '@y/websocket-server/utils'
import { WebSocketServer } from 'ws'
import { applyUpdate } from 'yjs'
import { servePeer } from './peer-calls.ts'

const [file] = process.argv.slice(2)
// Its own LevelDB store reads slower than a file, and lets the first client in before it has read.
if (file) {
  setPersistence({
    bindState: (_name, document) => applyUpdate(document, readFileSync(file)),
    writeState: async () => undefined,
    provider: undefined,
  })
}
const server = createServer()
const upgrader = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  upgrader.handleUpgrade(request, socket, head, (webSocket) => setupWSConnection(webSocket, request))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo

servePeer({
  async createRooms(count) {
    const names = Array.from({ length: count }, () => randomUUID())
    return names.map((name) => ({ port, path: `/${name}`, name, token: '' }))
  },
  async stop() {
    server.close()
  },
})
