/** SketchRoom with the journal in memory, in a process of its own. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryDocumentStore } from '../../../server/src/adapters/memory/memory-document-store.ts'
import { startTestServer } from '../../../server/src/testing/test-server.ts'
import { createRooms, findFreePort, UNBOUNDED } from './sketchroom-rooms.ts'
import { servePeer } from './peer-calls.ts'

const port = await findFreePort()
const server = await startTestServer({
  port,
  dataDir: await mkdtemp(join(tmpdir(), 'sketchroom-bench-')),
  trustProxy: 1,
  environment: UNBOUNDED,
  wrapDocumentStore: () => new MemoryDocumentStore(),
})

servePeer({
  createRooms: (count) => createRooms(port, count),
  stop: () => server.remove(),
})
