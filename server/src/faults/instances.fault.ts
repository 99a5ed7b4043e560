import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { removeServerData } from '../testing/server-data.ts'
import { startTestRedis, type TestRedis } from '../testing/test-redis.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let redis: TestRedis
let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
})
afterEach(async () => {
  await redis.kill()
  await removeServerData(dataDir)
})

/** An instance over this test's database and Redis. */
async function startInstance(): Promise<TestServer> {
  const server = await startTestServer({ dataDir, environment: { REDIS_URL: redis.url } })
  onTestFinished(async () => void (await server.stop()))
  return server
}

test('with Redis, an edit on one instance is seen on the other at once, and cursors too', async () => {
  redis = await startTestRedis()
  const [first, second] = [await startInstance(), await startInstance()]
  const { roomId, editorToken, viewerToken } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, viewerToken)]
  const started = performance.now()
  for (const word of ['one', 'two', 'three']) {
    ada.write(ada.edit(setWord(word)))
    await vi.waitFor(() => expect(wordsOf(bob)).toContain(word), { interval: 5 })
  }
  console.log(`three edits in a row took ${Math.round(performance.now() - started)} ms`)

  const [hers, his] = [new Awareness(new Y.Doc()), new Awareness(new Y.Doc())]
  hers.setLocalState({ pointer: { x: 1, y: 2 } })
  ada.sendAwareness(encodeAwarenessUpdate(hers, [hers.clientID]))
  const seen = () => {
    for (const update of bob.awarenessUpdates.splice(0)) applyAwarenessUpdate(his, update, null)
    return his.getStates().get(hers.clientID)
  }
  await vi.waitFor(() => expect(seen()).toMatchObject({ pointer: { x: 1, y: 2 }, user: { name: 'ed' } }))
  ada.terminate()
  await vi.waitFor(() => expect(seen()).toBeUndefined())
})

test('without Redis at the start, rooms load, edits are acknowledged, and both instances converge', async () => {
  redis = await startTestRedis({ isUp: false })
  const [first, second] = [await startInstance(), await startInstance()]
  const { roomId, editorToken, viewerToken } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, viewerToken)]
  ada.write(ada.edit(setWord('one')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['one']), 2_000)
  await redis.restart()
  ada.write(ada.edit(setWord('two')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['one', 'two']), 2_000)
})
