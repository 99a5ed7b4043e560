import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import { createDecoder, readVarInt, readVarString, readVarUint } from 'lib0/decoding'

/** What a frame of the Hocuspocus protocol means to whoever counts edits and watches the connection. */
export type SyncFrame =
  /** Holds everything the receiver lacks. */
  | { readonly kind: 'step2' }
  | { readonly kind: 'update' }
  /** The server's answer to a step2 or an update. */
  | { readonly kind: 'answer'; readonly durable: boolean }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'stateless'; readonly payload: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'other' }

/** Reads what a frame means. A frame that cannot be read is `other`: the provider complains about it itself. */
export function readSyncFrame(bytes: Uint8Array): SyncFrame {
  if (bytes.length === 1 && bytes[0] === MESSAGE.ping) return { kind: 'ping' }
  try {
    const decoder = createDecoder(bytes)
    readVarString(decoder)
    switch (readVarUint(decoder)) {
      case MESSAGE.sync:
      case MESSAGE.syncReply:
        return readSync(readVarUint(decoder))
      case MESSAGE.syncStatus:
        return { kind: 'answer', durable: readVarInt(decoder) === 1 }
      case MESSAGE.stateless:
        return { kind: 'stateless', payload: readVarString(decoder) }
      case MESSAGE.auth: {
        const type = readVarUint(decoder)
        if (type === AUTH.authenticated) return { kind: 'authenticated' }
        return type === AUTH.permissionDenied ? { kind: 'denied', reason: readVarString(decoder) } : { kind: 'other' }
      }
      default:
        return { kind: 'other' }
    }
  } catch {
    // Cut off in the middle: not for us to judge.
    return { kind: 'other' }
  }
}

function readSync(type: number): SyncFrame {
  if (type === SYNC.step2) return { kind: 'step2' }
  return type === SYNC.update ? { kind: 'update' } : { kind: 'other' }
}
