import { expect, onTestFinished, vi } from 'vitest'
import type { ClientOptions } from 'ws'
import * as Y from 'yjs'
import { RawClient } from './raw-client.ts'
import type { TestServer } from './test-server.ts'

/** A private room: its owner's access token, and room tokens for two of a host's users. */
export async function openRoom(server: Pick<TestServer, 'api'>) {
  const { accessToken } = await server.api.guest()
  const room = await server.api.createRoom(accessToken)
  return {
    roomId: room.id,
    ownerToken: accessToken,
    editorToken: await server.api.roomToken(accessToken, room.id, 'editor', 'ed'),
    viewerToken: await server.api.roomToken(accessToken, room.id, 'viewer', 'vi'),
  }
}

/** Somebody who is let into a room; hung up on when the test ends. */
export async function joinRoom(
  server: Pick<TestServer, 'syncUrl'>,
  roomId: string,
  token: string,
  options: ClientOptions = {},
): Promise<RawClient> {
  const client = new RawClient(server.syncUrl, roomId, options)
  onTestFinished(() => client.terminate())
  await client.join(token)
  await vi.waitFor(() => expect(client.notices.some(({ type }) => type === 'role')).toBe(true))
  return client
}

/** An edit that adds a word to a drawing: an element by that name. */
export const setWord = (word: string) => (doc: Y.Doc) =>
  doc.getMap('elements').set(word.replaceAll(' ', '_'), new Y.Map([['type', 'rectangle']]))

/** The words of a client's drawing, sorted. */
export const wordsOf = (client: { doc: Y.Doc }): string[] =>
  [...client.doc.getMap('elements').keys()].map((id) => id.replaceAll('_', ' ')).sort()

/** An edit that takes such an element out again. */
export const removeWord = (word: string) => (doc: Y.Doc) => doc.getMap('elements').delete(word.replaceAll(' ', '_'))

/** An edit that adds a text that is one plain value, of at most 100,000 letters. */
export const writePlain = (id: string, words: string) => (doc: Y.Doc) =>
  doc.getMap('elements').set(
    id,
    new Y.Map([
      ['type', 'text'],
      ['words', words],
    ]),
  )

/** How many steps of its client's clock such a text takes: the element, its type and its words. */
export const STEPS_PER_TEXT = 3

/** How many steps a word takes: the element and its type. */
export const STEPS_PER_WORD = 2

/** What one text of a large drawing holds: each fits into a message. */
const LARGE_TEXT = 250_000

/** An edit that adds texts of so many letters in all, under ids that begin with `name`. */
export const drawLarge =
  (letters: number, name = 'large') =>
  (doc: Y.Doc) =>
    doc.transact(() => {
      for (let n = 0; n * LARGE_TEXT < letters; n++) {
        const words = new Y.Text('x'.repeat(Math.min(LARGE_TEXT, letters - n * LARGE_TEXT)))
        doc.getMap('elements').set(
          `${name}-${n}`,
          new Y.Map<unknown>([
            ['type', 'text'],
            ['words', words],
          ]),
        )
      }
    })

/** An edit that writes so many bytes over what the element "heavy" had. */
export const overwrite = (bytes: number) => (doc: Y.Doc) => {
  const elements = doc.getMap<Y.Map<unknown>>('elements')
  if (!elements.has('heavy')) elements.set('heavy', new Y.Map())
  elements.get('heavy')?.set('o', new TextEncoder().encode('{"type":"rectangle"}'.padEnd(bytes)))
}
