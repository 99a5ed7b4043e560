import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { Bystander } from '../testing/bystander.ts'
import { findFreePort } from '../testing/free-port.ts'
import { removeServerData } from '../testing/server-data.ts'
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
  return { server, api: new ApiCaller(`http://127.0.0.1:${port}`), syncUrl: `ws://127.0.0.1:${port}/sync` }
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
  eve.write(eve.edit(hang))
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
  expect(line).toMatchObject({ roomId: room.roomId, seq: 2 })
  expect(line.msg).toContain('scripts/quarantine.ts')

  // Sent again, by whatever connection, it is not even tried.
  const again = await joinRoom(place, room.roomId, room.editorToken)
  again.write(again.edit(hang))
  expect((await again.closed).code).toBe(4403)
  back.write(back.edit(setWord('on')))
  await vi.waitFor(() => expect(back.answers).toEqual(['durable', 'durable']))
})
