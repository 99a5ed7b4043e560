import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { recordOf } from '../core/documents/clock-ranges.ts'
import { Bystander } from '../testing/bystander.ts'
import { findFreePort } from '../testing/free-port.ts'
import { openServerStorage, removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { ApiCaller } from '../testing/test-server.ts'

const PLANT = new URL('../testing/plant-hang.ts', import.meta.url).href

/** A server in which one value, put into a document, never ends. */
async function startServer() {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const port = await findFreePort()
  const server = await ServerProcess.start(port, dataDir, { NODE_OPTIONS: `--import=${PLANT}` })
  onTestFinished(async () => {
    await server.end('SIGKILL')
    await removeServerData(dataDir)
  })
  return { dataDir, server, api: new ApiCaller(`http://127.0.0.1:${port}`), syncUrl: `ws://127.0.0.1:${port}/sync` }
}

/** The bytes of what was set aside. */
async function quarantinedIn(dataDir: string): Promise<Buffer[]> {
  const store = await openServerStorage(dataDir)
  const records = await store.documentStore.listQuarantined()
  await store.close()
  return records.map(({ bytes }) => Buffer.from(bytes))
}

const hang = (doc: Y.Doc) =>
  void doc.getMap<Y.Map<unknown>>('elements').set('hang', new Y.Map([['note', 'hang for ever']]))

test('what hangs costs one room a moment, its sender the connection, and nobody else a second', async () => {
  const place = await startServer()
  const [room, elsewhere] = [await openRoom(place), await openRoom(place)]
  const ada = await joinRoom(place, room.roomId, room.ownerToken)
  ada.write(ada.edit(setWord('before')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const bystander = new Bystander(await joinRoom(place, elsewhere.roomId, elsewhere.ownerToken))
  const eve = await joinRoom(place, room.roomId, room.editorToken)
  await vi.waitFor(() => expect(eve.step1Count).toBe(1))

  const began = performance.now()
  const hanging = eve.edit(hang)
  eve.write(hanging)
  expect((await ada.closed).code).toBe(1011)
  const back = await joinRoom(place, room.roomId, room.ownerToken)
  back.write(back.edit(setWord('after')))
  await vi.waitFor(() => expect([back.answers, wordsOf(back)]).toEqual([['durable'], ['after', 'before']]))
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(bystander.takeP99()).toBeLessThan(2_000)

  const line = await vi.waitFor(() => {
    const found = place.server.output.split('\n').find((each) => each.includes('was stopped and set aside'))
    return JSON.parse(found ?? '') as { roomId: string; seq: number; msg: string }
  })
  expect(line.roomId).toBe(room.roomId)
  // What was drawn after it may have been stored before it.
  expect([2, 3]).toContain(line.seq)
  expect(line.msg).toContain('scripts/quarantine.ts')
  expect(await quarantinedIn(place.dataDir)).toEqual([Buffer.from(hanging)])

  // Sent again, by whatever connection, it is not even tried; but it may be, later: the fault may be ours.
  const again = await joinRoom(place, room.roomId, room.editorToken)
  again.write(again.edit(hang))
  expect(await again.closed).toEqual({ code: 4529, reason: 'rate_limited' })
  back.write(back.edit(setWord('on')))
  await vi.waitFor(() => expect(back.answers).toEqual(['durable', 'durable']))
})

test('a stored record that hangs costs its room seconds, and neither who draws there nor others anything', async () => {
  const place = await startServer()
  const [room, elsewhere] = [await openRoom(place), await openRoom(place)]
  const roomId = roomIdSchema.parse(room.roomId)
  const store = await openServerStorage(place.dataDir)
  onTestFinished(() => store.close())
  const entries = [setWord('before'), hang, setWord('after')].map((change) => {
    const doc = new Y.Doc()
    change(doc)
    return recordOf(Y.encodeStateAsUpdate(doc), null, 1)
  })
  await store.documentStore.append({ id: 'of the test', rooms: [{ roomId, entries }] })
  const bystander = new Bystander(await joinRoom(place, elsewhere.roomId, elsewhere.ownerToken))
  const ada = await joinRoom(place, roomId, room.ownerToken)

  const began = performance.now()
  const drawn = ada.edit(setWord('drawn'))
  ada.write(drawn)
  expect(await ada.closed).toEqual({ code: 1011, reason: 'internal' })
  const back = await joinRoom(place, roomId, room.ownerToken)
  back.write(drawn)
  await vi.waitFor(() => expect(back.answers).toEqual(['durable']), { timeout: 30_000 })
  const tookMs = performance.now() - began
  const p99 = bystander.takeP99()
  // A machine that does much else gives the thread more time: see `Compaction`.
  expect(tookMs).toBeLessThan(20_000)
  expect(p99).toBeLessThan(3_000)
  const newcomer = await joinRoom(place, roomId, room.editorToken)
  await vi.waitFor(() => expect(wordsOf(newcomer)).toEqual(['after', 'before', 'drawn']))
  // And nothing of what was drawn.
  expect(await store.documentStore.listQuarantined()).toMatchObject([
    { roomId, kind: 'update', seq: 2, reason: 'it was applied without end' },
  ])
  expect(await quarantinedIn(place.dataDir)).toEqual([Buffer.from(entries[1]?.update ?? [])])
})
