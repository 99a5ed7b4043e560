import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { DocumentStore } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer } from '../testing/test-server.ts'

/** A server whose store takes no write while `isBroken`, and still answers reads. */
async function startOverFailingStore() {
  const store = { isBroken: false, failed: 0, inner: undefined as DocumentStore | undefined }
  const server = await startTestServer({
    wrapDocumentStore: (inner) => {
      store.inner = inner
      return aroundStore(inner, async (call, work) => {
        if (!store.isBroken || (call !== 'append' && call !== 'ping')) return await work()
        if (call === 'append') store.failed += 1
        throw new Error('disk full')
      })
    },
  })
  onTestFinished(() => server.remove())
  const presentIn = async (roomId: string, token: string) => {
    const answer = await server.api.call('GET', `/api/v1/rooms/${roomId}`, { token })
    return ((await answer.json()) as { present: unknown[] }).present.length
  }
  return { server, store, presentIn }
}

test('a room that everybody left while the store fails stays in memory, and goes by itself when that is back', async () => {
  const { server, store, presentIn } = await startOverFailingStore()
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  store.isBroken = true
  ada.write(ada.edit(setWord('last words')))
  await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }))
  ada.terminate()
  await vi.waitFor(async () => expect(await presentIn(roomId, ownerToken)).toBe(0))
  // Leaving makes the journal try at once, and then it has been decided whether the room may go.
  const failed = store.failed
  await vi.waitFor(() => expect(store.failed).toBeGreaterThan(failed + 1))
  expect(server.app.roomCount()).toBe(1)
  const ed = await joinRoom(server, roomId, editorToken)
  await vi.waitFor(() => expect(wordsOf(ed)).toEqual(['last words']))
  expect(ed.notices).toContainEqual({ type: 'store', state: 'failing' })
  ed.terminate()
  await vi.waitFor(async () => expect(await presentIn(roomId, ownerToken)).toBe(0))
  expect(server.app.roomCount()).toBe(1)
  store.isBroken = false
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const tail = (await store.inner?.load(roomIdSchema.parse(roomId)))?.tail ?? []
  const doc = new Y.Doc()
  for (const { update } of tail) Y.applyUpdate(doc, update)
  expect(wordsOf({ doc })).toEqual(['last words'])
})

test('who stays hears that the store fails, and that it is back', async () => {
  const { server, store } = await startOverFailingStore()
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  store.isBroken = true
  ada.write(ada.edit(setWord('kept')))
  await vi.waitFor(() => expect(ada.notices.at(-1)).toEqual({ type: 'store', state: 'failing' }))
  expect(ada.answers).toEqual([])
  store.isBroken = false
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await vi.waitFor(() => expect(ada.notices.at(-1)).toEqual({ type: 'store', state: 'ok' }))
})
