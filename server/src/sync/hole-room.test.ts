import { roomIdSchema } from '@sketchroom/shared/ids'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { recordOf } from '../core/documents/clock-ranges.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import { RawClient } from '../testing/raw-client.ts'
import { openRoom } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let store: DocumentStore
beforeAll(async () => {
  server = await startTestServer({ wrapDocumentStore: (inner) => (store = inner) })
})
afterAll(() => server.remove())

const LETTERS = ['a', 'b', 'c']
/** The element is the first record; the second letter is in the third. */
const LOST = 3

const createText = (doc: Y.Doc) =>
  doc.getMap('elements').set(
    'text',
    new Y.Map<unknown>([
      ['type', 'text'],
      ['words', new Y.Text()],
    ]),
  )
const wordsIn = (doc: Y.Doc) => doc.getMap<Y.Map<Y.Text>>('elements').get('text')?.get('words')
const textOf = ({ doc }: RawClient) => wordsIn(doc)?.toJSON()
const type = (letter: string) => (doc: Y.Doc) => wordsIn(doc)?.insert(wordsIn(doc)?.length ?? 0, letter)

/** A room whose text was typed letter by letter, and which has lost one of them. */
async function openRoomWithHole() {
  const room = await openRoom(server)
  const roomId = roomIdSchema.parse(room.roomId)
  const typed = new Y.Doc()
  const updates: Uint8Array[] = []
  typed.on('update', (update: Uint8Array) => updates.push(update))
  createText(typed)
  for (const letter of LETTERS) type(letter)(typed)
  const entries = updates.map((update) => recordOf(update, null, 1))
  await store.append({ id: crypto.randomUUID(), rooms: [{ roomId, entries }] })
  await store.quarantine({ roomId, kind: 'update', seq: LOST }, 'test')
  /** Somebody who has the text from when it was whole, or nothing yet. */
  const join = async (token: string, { has }: { has: 'all' | 'nothing' }) => {
    const doc = new Y.Doc()
    if (has === 'all') for (const update of updates) Y.applyUpdate(doc, update)
    const client = new RawClient(server.syncUrl, roomId, { doc })
    onTestFinished(() => client.terminate())
    await client.join(token)
    await vi.waitFor(() => expect(client.notices).toHaveLength(1))
    return client
  }
  return { ...room, lost: updates[LOST - 1] as Uint8Array, join }
}

test('what is drawn on what is lost is saved, and there when somebody brings the lost part', async () => {
  const { ownerToken, editorToken, lost, join } = await openRoomWithHole()
  const [ada, newcomer] = [await join(ownerToken, { has: 'all' }), await join(editorToken, { has: 'nothing' })]
  ada.write(ada.edit(type('d')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(textOf(newcomer)).toBe('a')
  ada.write(lost)
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  await vi.waitFor(() => expect(textOf(newcomer)).toBe('abcd'))
  const late = await join(editorToken, { has: 'nothing' })
  await vi.waitFor(() => expect(textOf(late)).toBe('abcd'))
})

test('who brings the lost part hears of what others had drawn on it', async () => {
  const { ownerToken, editorToken, lost, join } = await openRoomWithHole()
  const [ada, ed] = [await join(ownerToken, { has: 'all' }), await join(editorToken, { has: 'all' })]
  ed.write(ed.edit(type('d')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['durable']))
  expect(textOf(ada)).toBe('abc')
  ada.write(lost)
  await vi.waitFor(() => expect(textOf(ada)).toBe('abcd'))
})

test('who only looks, and has what is lost, is given what came after it', async () => {
  const { viewerToken, ownerToken, join } = await openRoomWithHole()
  const ada = await join(ownerToken, { has: 'all' })
  ada.write(ada.edit(type('d')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const viewer = await join(viewerToken, { has: 'all' })
  await vi.waitFor(() => expect(textOf(viewer)).toBe('abcd'))
})
