import * as decoding from 'lib0/decoding'
import { expect, test } from 'vitest'
import { Awareness, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { stampAnew } from './stamp-awareness.ts'

const speaker = { user: { id: 'user-1', name: 'Ada', color: '#123456' }, role: 'editor' } as const

/** The ids of the clients that an awareness update speaks of. */
function clientsIn(update: Uint8Array): number[] {
  const decoder = decoding.createDecoder(update)
  return Array.from({ length: decoding.readVarUint(decoder) }, () => {
    const clientId = decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    decoding.readVarString(decoder)
    return clientId
  })
}

test('only a cursor that stands is stamped anew: one that has left does not come back, not even to leave once more', () => {
  const awareness = new Awareness(new Y.Doc())
  const { clientID } = awareness
  awareness.setLocalState({ cursor: [1, 2] })
  expect(clientsIn(stampAnew(awareness, [clientID, clientID + 1], speaker))).toEqual([clientID])
  removeAwarenessStates(awareness, [clientID], 'left')
  expect(clientsIn(stampAnew(awareness, [clientID], speaker))).toEqual([])
  awareness.destroy()
})
