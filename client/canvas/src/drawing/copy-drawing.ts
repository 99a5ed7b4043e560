import { createElement, readElements } from '@sketchroom/shared/scene/document'
import { prepareForWriting } from '@sketchroom/shared/scene/migrations'
import type * as Y from 'yjs'
import type { RoomSession } from '../collab/room-session.ts'

/** So long a copy may take to reach the server before it is enough that this device stores it. */
const DURABLE_WITHIN_MS = 20_000

/** The device stores nothing, and the server did not take it in time: the copy is in this tab only. */
export class CopyNotSavedError extends Error {
  override readonly name = 'CopyNotSavedError'
}

/**
 * Draws what is on one board on another, new one, as edits of this person: an update of the first would be somebody
 * else's edits, which nobody sends. Resolves when the copy is durable, or stored here to be sent.
 */
export async function copyDrawing(from: Y.Doc, to: RoomSession): Promise<void> {
  await to.localLoaded
  to.doc.transact(() => {
    prepareForWriting(to.doc)
    for (const [id, values] of readElements(from)) {
      if (values.keys['isDeleted'] !== true) createElement(to.doc, id, values)
    }
  })
  await saved(to)
}

async function saved(session: RoomSession): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const check = () => {
    if (session.status.kind === 'saved') resolve()
  }
  const unsubscribe = session.subscribe(check)
  const timer = setTimeout(() => {
    const { status } = session
    if (status.kind === 'saved' || status.stored) resolve()
    else reject(new CopyNotSavedError('The copy is in this tab only.'))
  }, DURABLE_WITHIN_MS)
  // The status is derived from the edit a moment after it.
  setTimeout(check)
  await promise.finally(() => {
    unsubscribe()
    clearTimeout(timer)
  })
}
