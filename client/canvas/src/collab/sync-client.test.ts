import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { readReceived } from './sync-client.ts'

function frame(...parts: Array<number | string | Uint8Array>): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, 'a-room-of-ours')
    for (const part of parts) {
      if (typeof part === 'number') encoding.writeVarUint(encoder, part)
      else if (typeof part === 'string') encoding.writeVarString(encoder, part)
      else encoding.writeVarUint8Array(encoder, part)
    }
  })
}

const BYTES = Uint8Array.of(1, 2, 3)

describe('reading a frame', () => {
  test.each([
    ['SyncStep1', frame(0, 0, BYTES), { kind: 'step1', stateVector: BYTES }],
    ['SyncStep2', frame(0, 1, BYTES), { kind: 'update', update: BYTES, isLast: true }],
    ['SyncStep2 as a reply', frame(4, 1, BYTES), { kind: 'update', update: BYTES, isLast: true }],
    ['Update', frame(0, 2, BYTES), { kind: 'update', update: BYTES, isLast: false }],
    ['SyncStatus 1 of a stock server', frame(8, 1), { kind: 'answer', durable: new Map() }],
    [
      'SyncStatus 1',
      frame(8, 1, 2, 7, 3, 400, 12),
      {
        kind: 'answer',
        durable: new Map([
          [7, 3],
          [400, 12],
        ]),
      },
    ],
    ['SyncStatus 1 of a write without structs', frame(8, 1, 0), { kind: 'answer', durable: new Map() }],
    ['SyncStatus 0', frame(8, 0), { kind: 'answer', durable: undefined }],
    ['Authenticated', frame(2, 2, 'read-write'), { kind: 'authenticated' }],
    ['PermissionDenied', frame(2, 1, 'forbidden'), { kind: 'denied', reason: 'forbidden' }],
    ['a request for a token', frame(2, 0), { kind: 'token-wanted' }],
    [
      'a notice',
      frame(5, '{"type":"role","role":"owner"}'),
      { kind: 'notice', notice: { type: 'role', role: 'owner' } },
    ],
    ['a stateless message that is no notice', frame(5, '{}'), undefined],
    ['awareness', frame(1, BYTES), { kind: 'awareness', update: BYTES }],
    ['a heartbeat', Uint8Array.of(9), { kind: 'ping' }],
    ['what only a newer server says', frame(77, BYTES), undefined],
    ['nothing', new Uint8Array(), undefined],
    ['a frame cut off in its name', Uint8Array.of(14, 97), undefined],
    ['a frame cut off in its payload', frame(0, 2, BYTES).subarray(0, -1), undefined],
    ['an answer cut off in what it names', frame(8, 1, 2, 7, 3), undefined],
  ])('%s', (_, bytes, expected) => {
    expect(readReceived(bytes)).toEqual(expected)
  })
})
