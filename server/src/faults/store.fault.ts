import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { afterEach, expect, test, vi } from 'vitest'
import type { DocumentStore, JournalBatch } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { RawClient } from '../testing/raw-client.ts'
import { openServerStorage } from '../testing/server-data.ts'
import { setWord as set, wordsOf as words } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const cleanups: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A real store that can be made to fail, as a disk does. */
class FailingStore {
  failures = 0
  /** Appends of this room fail, and nothing else. */
  badRoom: RoomId | undefined
  /** What every call waits for. */
  gate: Promise<void> | undefined

  wrap = (store: DocumentStore): DocumentStore =>
    aroundStore(store, async (call, work, args) => {
      await this.gate
      if (this.failures > 0) {
        this.failures -= 1
        throw new Error('input/output error')
      }
      const rooms = call === 'append' ? (args[0] as JournalBatch).rooms : []
      if (rooms.some(({ roomId }) => roomId === this.badRoom)) throw new Error('constraint failed')
      return work()
    })
}

async function start(): Promise<{ server: TestServer; store: FailingStore; dataDir: string }> {
  const dataDir = await mkdtemp(joinPath(tmpdir(), 'sketchroom-'))
  const store = new FailingStore()
  const server = await startTestServer({ dataDir, wrapDocumentStore: store.wrap })
  cleanups.push(() => server.remove())
  return { server, store, dataDir }
}

async function newRoom(server: TestServer) {
  const { accessToken } = await server.api.guest()
  const { id } = await server.api.createRoom(accessToken)
  return { roomId: id, token: accessToken }
}

async function join(server: TestServer, roomId: string, token: string): Promise<RawClient> {
  const client = new RawClient(server.syncUrl, roomId)
  cleanups.push(async () => client.terminate())
  await client.join(token)
  await vi.waitFor(() => expect(client.step1Count).toBe(1))
  return client
}

/** Writes so often, each time when the last is answered; the middle of how long that took, in milliseconds. */
async function middleAnswerMs(client: RawClient, times: number): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < times; n++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    client.onAnswer = () => resolve()
    const begun = performance.now()
    client.write(client.edit(set(`word ${n}`)))
    await promise
    took.push(performance.now() - begun)
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)] as number
}

const isReady = async (server: TestServer) => (await server.api.call('GET', '/ready')).status === 200

test('a store that fails for a moment delays the acknowledgement, and loses nothing', async () => {
  const { server, store } = await start()
  const { roomId, token } = await newRoom(server)
  const ada = await join(server, roomId, token)
  // The append, and whether the store takes anything at all.
  store.failures = 2
  ada.write(ada.edit(set('word')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']), 5000)
  expect(ada.notices).toEqual([
    { type: 'role', role: 'owner' },
    { type: 'store', state: 'failing' },
    { type: 'store', state: 'ok' },
  ])
  // A store that takes other writes is tried again at once: there is nothing to tell.
  store.failures = 1
  ada.write(ada.edit(set('another')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']), 5000)
  expect(ada.notices).toHaveLength(3)
})

test('a store that fails for good: no acknowledgement, people are told and go on; all is saved when it returns', async () => {
  const { server, store } = await start()
  const { roomId, token } = await newRoom(server)
  const [ada, bob] = [await join(server, roomId, token), await join(server, roomId, token)]
  store.failures = Infinity
  ada.write(ada.edit(set('while failing')))
  await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }))
  await vi.waitFor(() => expect(words(bob)).toEqual(['while failing']))
  expect(await isReady(server)).toBe(false)
  const late = new RawClient(server.syncUrl, (await newRoom(server)).roomId)
  await late.join(token)
  expect((await late.closed).code).toBeGreaterThanOrEqual(4404)
  expect(ada.answers).toEqual([])

  store.failures = 0
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']), 10_000)
  expect(ada.notices.at(-1)).toEqual({ type: 'store', state: 'ok' })
  await vi.waitFor(async () => expect(await isReady(server)).toBe(true))
})

test('a room that everybody left while the store failed is kept until it is saved', async () => {
  const { server, store } = await start()
  const { roomId, token } = await newRoom(server)
  const ada = await join(server, roomId, token)
  store.failures = Infinity
  ada.write(ada.edit(set('last words')))
  await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }))
  ada.terminate()
  await ada.closed
  store.failures = 0
  const bob = await join(server, roomId, token)
  expect(words(bob)).toEqual(['last words'])
})

test('a room that cannot be read is not opened empty: the client is turned away and finds all of it later', async () => {
  const { server, store } = await start()
  const { roomId, token } = await newRoom(server)
  const ada = await join(server, roomId, token)
  ada.write(ada.edit(set('precious')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  ada.terminate()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  store.failures = Infinity
  const gate = Promise.withResolvers<void>()
  store.gate = gate.promise
  // Both wait for the same load, and both are told.
  const clients = [new RawClient(server.syncUrl, roomId), new RawClient(server.syncUrl, roomId)]
  for (const client of clients) await client.join(token)
  gate.resolve()
  for (const client of clients) {
    expect(await client.closed).toEqual({ code: 4503, reason: 'store_unavailable' })
    expect(client.denied).toBe('store_unavailable')
    expect(client.step1Count).toBe(0)
  }
  store.failures = 0
  expect(words(await join(server, roomId, token))).toEqual(['precious'])
})

test('somebody who signs out while their room is loading is not let in', async () => {
  const { server, store } = await start()
  const { roomId, token } = await newRoom(server)
  const gate = Promise.withResolvers<void>()
  store.gate = gate.promise
  const ada = new RawClient(server.syncUrl, roomId)
  const authenticated = new Promise<void>((resolve) => (ada.onAuthenticated = resolve))
  await ada.join(token)
  await authenticated
  expect((await server.api.call('POST', '/api/v1/auth/signout', { token })).status).toBe(204)
  gate.resolve()
  expect(await ada.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
})

test('a damaged record in the database: the room opens with the rest', async () => {
  const { server, dataDir } = await start()
  const { roomId, token } = await newRoom(server)
  const ada = await join(server, roomId, token)
  for (const word of ['one', 'two', 'three']) ada.write(ada.edit(set(word)))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(3))
  ada.terminate()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const { main, close } = await openServerStorage(dataDir)
  await main.db
    .updateTable('room_updates')
    .set({ bytes: new Uint8Array([1, 2, 3]) })
    .where('seq', '=', 3)
    .execute()
  await close()
  expect(words(await join(server, roomId, token))).toEqual(['one', 'two'])
})

test('another process holds the room: drawing goes on, nothing is acknowledged until it lets go', async () => {
  const { server, dataDir } = await start()
  const { roomId, token } = await newRoom(server)
  const [ada, bob] = [await join(server, roomId, token), await join(server, roomId, token)]
  ada.write(ada.edit(set('before')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const { main, close } = await openServerStorage(dataDir)
  await main.db.transaction().execute(async (transaction) => {
    // The room's row in PostgreSQL; in SQLite, that is the whole file.
    await transaction.updateTable('room_documents').set({ head: 1 }).where('room_id', '=', roomId).execute()
    ada.write(ada.edit(set('held up')))
    await vi.waitFor(() => expect(words(bob)).toEqual(['before', 'held up']))
    // Either waits for the lock longer than the journal waits for an answer before it tells people.
    await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }), 10_000)
    expect(ada.answers).toEqual(['durable'])
  })
  await close()
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']), 10_000)
})

test('stopping while the store fails says that it was not clean', async () => {
  const { server, store } = await start()
  const { roomId, token } = await newRoom(server)
  const ada = await join(server, roomId, token)
  store.failures = Infinity
  ada.write(ada.edit(set('word')))
  await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }))
  expect(await server.stop()).toBe(false)
  expect((await ada.closed).code).toBe(1001)
  expect(ada.answers).toEqual([])
})

test('a store that fails for one room only: the others keep their pace, and that room is told', async () => {
  const { server, store } = await start()
  const [bad, good] = [await newRoom(server), await newRoom(server)]
  const ada = await join(server, bad.roomId, bad.token)
  const bob = await join(server, good.roomId, good.token)
  const quiet = await middleAnswerMs(bob, 50)
  store.badRoom = roomIdSchema.parse(bad.roomId)
  ada.write(ada.edit(set('stuck')))
  bob.write(bob.edit(set('first')))
  await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }))
  const beside = await middleAnswerMs(bob, 50)
  console.log(
    `a commit of others takes ${beside.toFixed(1)} ms beside a room that fails, and ${quiet.toFixed(1)} without`,
  )
  expect(beside).toBeLessThan(5 * quiet)
  expect([ada.answers, bob.notices]).toEqual([[], [{ type: 'role', role: 'owner' }]])
  expect(await isReady(server)).toBe(true)
  store.badRoom = undefined
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']), 10_000)
  expect(ada.notices.at(-1)).toEqual({ type: 'store', state: 'ok' })
})
