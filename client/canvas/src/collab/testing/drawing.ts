import { expect, vi } from 'vitest'
import * as Y from 'yjs'
import type { RoomSession } from '../room-session.ts'
import type { SavingStatus } from '../saving-status.ts'

/** Whoever has a document: a session, or a server. */
interface Drawing {
  readonly doc: Y.Doc
}

/** Draws elements of which only the ids matter. */
export function draw({ doc }: Drawing, ...ids: string[]): void {
  for (const id of ids) doc.getMap('elements').set(id, new Y.Map([['type', 'rectangle']]))
}

/** What is drawn. */
export function drawn({ doc }: Drawing): string[] {
  return [...doc.getMap('elements').keys()].toSorted()
}

/** Resolves when a session says this. */
export async function waitForStatus(session: RoomSession, expected: Partial<SavingStatus>): Promise<void> {
  await vi.waitFor(() => expect(session.status).toMatchObject(expected), { timeout: 15_000, interval: 5 })
}
