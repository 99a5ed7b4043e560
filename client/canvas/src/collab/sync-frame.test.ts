import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import { readSyncFrame } from './sync-frame.ts'

function frame(...parts: Array<number | string>): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, 'a-room-of-ours')
    for (const part of parts) {
      if (typeof part === 'number') encoding.writeVarUint(encoder, part)
      else encoding.writeVarString(encoder, part)
    }
  })
}

describe('reading a frame', () => {
  test.each([
    ['SyncStep1', frame(0, 0), { kind: 'other' }],
    ['SyncStep2', frame(0, 1), { kind: 'step2' }],
    ['SyncStep2 as a reply', frame(4, 1), { kind: 'step2' }],
    ['Update', frame(0, 2), { kind: 'update' }],
    ['SyncStatus 1', frame(8, 1), { kind: 'answer', durable: true }],
    ['SyncStatus 0', frame(8, 0), { kind: 'answer', durable: false }],
    ['Authenticated', frame(2, 2, 'read-write'), { kind: 'authenticated' }],
    ['PermissionDenied', frame(2, 1, 'forbidden'), { kind: 'denied', reason: 'forbidden' }],
    ['a request for a token', frame(2, 0), { kind: 'other' }],
    ['stateless', frame(5, '{}'), { kind: 'stateless', payload: '{}' }],
    ['awareness', frame(1, 0), { kind: 'other' }],
    ['a heartbeat', Uint8Array.of(9), { kind: 'ping' }],
    ['nothing', new Uint8Array(), { kind: 'other' }],
    ['a frame cut off in its name', Uint8Array.of(14, 97), { kind: 'other' }],
    ['a frame cut off in its payload', frame(5).subarray(0, -1), { kind: 'other' }],
  ])('%s', (_, bytes, expected) => {
    expect(readSyncFrame(bytes)).toEqual(expected)
  })
})
