import { Document } from '@hocuspocus/server'
import { expect, test } from 'vitest'
import { Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { AwarenessOwners } from './awareness-owners.ts'
import { SharedAwareness } from './shared-awareness.ts'

test('whom nothing was heard of for long, by a clock that may be wrong, is gone here, and not for the other instances', () => {
  const document = new Document('a room')
  const owners = { announce: () => undefined, releaseClient: () => undefined } as unknown as AwarenessOwners
  const told: Uint8Array[] = []
  const shared = new SharedAwareness({ document, owners, share: (update) => told.push(update) })
  const elsewhere = new Awareness(new Y.Doc())
  elsewhere.setLocalState({ user: { id: 'ada' } })
  shared.receive(encodeAwarenessUpdate(elsewhere, [elsewhere.clientID]), 'another')
  expect([...document.awareness.states.keys()]).toEqual([elsewhere.clientID])
  // As y-protocols does after 30 seconds.
  removeAwarenessStates(document.awareness, [elsewhere.clientID], 'timeout')
  shared.tell()
  expect([document.awareness.states.size, told]).toEqual([0, []])
  elsewhere.destroy()
  document.destroy()
})
