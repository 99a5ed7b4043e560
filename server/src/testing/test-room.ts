import { expect, onTestFinished, vi } from 'vitest'
import type * as Y from 'yjs'
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
export async function joinRoom(server: Pick<TestServer, 'syncUrl'>, roomId: string, token: string): Promise<RawClient> {
  const client = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => client.terminate())
  await client.join(token)
  await vi.waitFor(() => expect(client.notices.some(({ type }) => type === 'role')).toBe(true))
  return client
}

/** An edit that adds a word to a document. */
export const setWord = (word: string) => (doc: Y.Doc) => doc.getMap('words').set(word, true)

/** The words of a client's document, sorted. */
export const wordsOf = (client: { doc: Y.Doc }): string[] => [...client.doc.getMap('words').keys()].sort()
