/** SketchRoom in a process of its own: `sqlite DATA_DIR` (empty: a new one) or `memory`. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SYNC_PATH } from '@sketchroom/shared/api/paths'
import { MemoryDocumentStore } from '../../../server/src/adapters/memory/memory-document-store.ts'
import { findFreePort, startTestServer } from '../../../server/src/testing/test-server.ts'
import { servePeer } from './peer-calls.ts'

const [store, given] = process.argv.slice(2)
const port = await findFreePort()
const server = await startTestServer({
  port,
  dataDir: given || (await mkdtemp(join(tmpdir(), 'sketchroom-bench-'))),
  ...(store === 'memory' ? { wrapDocumentStore: () => new MemoryDocumentStore() } : {}),
})

servePeer({
  async createRooms(count) {
    const { accessToken: token } = await server.api.guest()
    const rooms = await Promise.all(Array.from({ length: count }, () => server.api.createRoom(token)))
    return rooms.map(({ id }) => ({ port, path: SYNC_PATH, name: id, token }))
  },
  async stop() {
    await (given ? server.stop() : server.remove())
  },
})
