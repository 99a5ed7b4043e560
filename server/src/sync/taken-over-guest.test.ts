import { apiPath } from '@sketchroom/shared/api/paths'
import { signedInSchema } from '@sketchroom/shared/api/auth'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { DocumentStore } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { HeldCalls } from '../testing/held-calls.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

/*
 * What a guest has drawn and not sent when they sign in goes out as the account's, under the Yjs clients that the guest
 * has written with.
 */

const GRACE = { email: 'grace@example.org', password: 'a few words in a row' }

let server: TestServer
const appends = new HeldCalls<DocumentStore>()
const loads = new HeldCalls<DocumentStore>({ answers: true })

beforeAll(async () => {
  server = await startTestServer({
    wrapDocumentStore: (inner) => aroundStore(aroundStore(inner, appends.around), loads.around),
  })
  const body = { ...GRACE, name: 'Grace' }
  await server.api.call('POST', apiPath('signup'), { body })
})
afterEach(() => {
  appends.release()
  loads.release()
})
afterAll(() => server.remove())

/** A guest's board, which others may draw on. */
async function openBoard() {
  const [{ accessToken: guestToken }, { accessToken: edToken }] = [
    await server.api.guest(),
    await server.api.guest('Ed'),
  ]
  const { id: roomId } = await server.api.createRoom(guestToken, 'link-edit')
  return { roomId, guestToken, edToken }
}

/** The guest signs in to Grace's account; answers her access token. */
async function signIn(token: string): Promise<string> {
  const answer = await server.api.call('POST', apiPath('signin'), { token, body: GRACE })
  return signedInSchema.parse(await answer.json()).accessToken
}

/** Grace brings what the guest has drawn since, and it is saved. */
async function bring(roomId: string, { doc }: RawClient, token: string): Promise<void> {
  const grace = new RawClient(server.syncUrl, roomId, { doc })
  onTestFinished(() => grace.terminate())
  await grace.join(token)
  await vi.waitFor(() => expect(grace.notices.some(({ type }) => type === 'role')).toBe(true))
  setWord('unsent')(doc)
  grace.write(Y.encodeStateAsUpdate(doc))
  await vi.waitFor(() => expect(grace.answers).toEqual(['durable']))
  grace.terminate()
}

test('a board that others have open takes what a guest has not sent from the account, and not from others', async () => {
  const { roomId, guestToken, edToken } = await openBoard()
  const guest = await joinRoom(server, roomId, guestToken)
  const ed = await joinRoom(server, roomId, edToken)
  guest.write(guest.edit(setWord('drawn')))
  await vi.waitFor(() => expect(wordsOf(ed)).toEqual(['drawn']))
  const token = await signIn(guestToken)
  expect((await guest.closed).reason).toBe('unauthenticated')

  const unsent = guest.edit(setWord('of somebody else'))
  ed.write(unsent)
  await vi.waitFor(() => expect(ed.told.at(-2)).toMatchObject({ type: 'refused', reason: 'foreign_client' }))
  await bring(roomId, guest, token)
  await vi.waitFor(() => expect(wordsOf(ed)).toEqual(['drawn', 'of somebody else', 'unsent']))
})

test('so does a board that is being read at the moment of the sign-in', async () => {
  const { roomId, guestToken, edToken } = await openBoard()
  const before = server.app.roomCount()
  const guest = await joinRoom(server, roomId, guestToken)
  guest.write(guest.edit(setWord('drawn')))
  await vi.waitFor(() => expect(guest.answers).toEqual(['durable']))
  guest.terminate()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(before))

  loads.hold('load')
  const ed = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => ed.terminate())
  await ed.join(edToken)
  await vi.waitFor(() => expect(loads.waiting).toHaveLength(1))
  const token = await signIn(guestToken)
  loads.release()
  await bring(roomId, guest, token)
})

test('so does a board that the guest’s last edits reach only after the sign-in, when it is read again', async () => {
  const { roomId, guestToken } = await openBoard()
  const before = server.app.roomCount()
  const guest = await joinRoom(server, roomId, guestToken)
  appends.hold('append')
  guest.write(guest.edit(setWord('drawn')))
  await vi.waitFor(() => expect(appends.waiting).toHaveLength(1))
  const token = await signIn(guestToken)
  await guest.closed
  appends.release()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(before))
  await bring(roomId, guest, token)
})
