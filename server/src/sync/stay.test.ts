import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { DocumentStore } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { holdCuts } from '../testing/held-cuts.ts'
import { RawClient } from '../testing/raw-client.ts'
import { drawLarge, joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer } from '../testing/test-server.ts'

/** A store whose appends wait, each for its turn, once they are held. */
function holdableStore() {
  const held: Array<() => void> = []
  let holding = false
  const wrapDocumentStore = (store: DocumentStore) =>
    aroundStore(store, async (call, work) => {
      if (call === 'append' && holding) await new Promise<void>((resolve) => held.push(resolve))
      return work()
    })
  return { held, wrapDocumentStore, hold: () => (holding = true) }
}

test('an answer that is due to an earlier stay is not taken for one of the next', async () => {
  const { held, hold, wrapDocumentStore } = holdableStore()
  const server = await startTestServer({ wrapDocumentStore })
  onTestFinished(async () => {
    for (const release of held) release()
    await server.remove()
  })
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  hold()
  ed.write(ed.edit(setWord('first')))
  await vi.waitFor(() => expect(held).toHaveLength(1))
  ed.sendType(MESSAGE.close)
  await vi.waitFor(async () => expect(await presentIn(roomId)).toHaveLength(1))
  ed.sendToken(editorToken)
  await vi.waitFor(() => expect(ed.notices).toHaveLength(2))
  ed.write(ed.edit(setWord('second')))
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['first', 'second']))
  held[0]?.()
  // The second commit has begun, so what the first one released has gone out before the next question's answer.
  await vi.waitFor(() => expect(held).toHaveLength(2))
  ed.sendType(MESSAGE.queryAwareness)
  await vi.waitFor(() => expect(ed.awarenessUpdates).toHaveLength(1))
  expect(ed.answers).toEqual([])
  held[1]?.()
  await vi.waitFor(() => expect(ed.answers).toEqual(['durable']))

  async function presentIn(id: string): Promise<unknown[]> {
    const room = await server.api.call('GET', `/api/v1/rooms/${id}`, { token: ownerToken })
    return ((await room.json()) as { present: unknown[] }).present
  }
})

test('a client that has sent its token waits for a slow store, however long', { timeout: 40_000 }, async () => {
  const loads: Array<() => void> = []
  const server = await startTestServer({
    wrapDocumentStore: (store) =>
      aroundStore(store, async (call, work) => {
        if (call === 'load') await new Promise<void>((resolve) => loads.push(resolve))
        return work()
      }),
  })
  onTestFinished(() => server.remove())
  const { roomId, ownerToken } = await openRoom(server)
  const ada = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => ada.terminate())
  await ada.join(ownerToken)
  await vi.waitFor(() => expect(loads).toHaveLength(1))
  // A second socket that sends no token is the clock: it is closed when a client that has sent none would be.
  const silent = new RawClient(server.syncUrl, roomId)
  await silent.open()
  expect(await silent.closed).toEqual({ code: 4401, reason: 'unauthenticated' })
  loads[0]?.()
  await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'role', role: 'owner' }))
})

test('a stay that ends while its room is never built does not hold up the other rooms of its socket', async () => {
  const server = await startTestServer()
  onTestFinished(() => server.remove())
  const [here, elsewhere] = [await openRoom(server), await openRoom(server)]
  const ada = await joinRoom(server, here.roomId, here.ownerToken)
  ada.write(ada.edit(drawLarge(300_000)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  // So that the room is loaded anew, as bytes, when the next one comes.
  ada.terminate()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const other = await joinRoom(server, elsewhere.roomId, elsewhere.editorToken)
  const bob = new RawClient(server.syncUrl, here.roomId, { shared: other })
  bob.sendToken(here.editorToken)
  await vi.waitFor(() => expect(bob.notices).toHaveLength(1))
  const cuts = holdCuts()
  bob.write(bob.edit(setWord('drawn')))
  await cuts.begun()
  await server.api.call('DELETE', `/api/v1/rooms/${here.roomId}`, { token: here.ownerToken })
  await vi.waitFor(() => expect(bob.ended).toBe('room_deleted'))
  other.write(other.edit(setWord('one')))
  await vi.waitFor(() => expect(other.answers).toEqual(['durable']))
  await cuts.finish()
  other.write(other.edit(setWord('two')))
  await vi.waitFor(() => expect(other.answers).toHaveLength(2))
})
