import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import type { Notice } from '@sketchroom/shared/protocol/notices'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import type * as Y from 'yjs'

/**
 * The frames that the server builds itself. Each begins with an address, the document's name as the client
 * gave it, as the Hocuspocus protocol asks; for y-websocket clients it is cut off on the way out.
 */

function frame(address: string, type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, address)
  encoding.writeVarUint(encoder, type)
  write(encoder)
  return encoding.toUint8Array(encoder)
}

/** Asks the client for what the server lacks. */
export function syncStep1(address: string, document: Y.Doc): Uint8Array {
  return frame(address, MESSAGE.sync, (encoder) => syncProtocol.writeSyncStep1(encoder, document))
}

/** What the client lacks, given its state vector. */
export function syncStep2(address: string, document: Y.Doc, stateVector: Uint8Array): Uint8Array {
  return frame(address, MESSAGE.sync, (encoder) => syncProtocol.writeSyncStep2(encoder, document, stateVector))
}

/** Answers one sync message that carried a write: `applied` means durable, not just received. */
export function syncStatus(address: string, applied: boolean): Uint8Array {
  return frame(address, MESSAGE.syncStatus, (encoder) => encoding.writeVarUint(encoder, applied ? 1 : 0))
}

/** Everybody's awareness state. */
export function awarenessStates(address: string, awareness: awarenessProtocol.Awareness): Uint8Array {
  const states = awarenessProtocol.encodeAwarenessUpdate(awareness, [...awareness.getStates().keys()])
  return frame(address, MESSAGE.awareness, (encoder) => encoding.writeVarUint8Array(encoder, states))
}

/** A notice beside the drawing. */
export function notice(address: string, content: Notice): Uint8Array {
  return frame(address, MESSAGE.stateless, (encoder) => encoding.writeVarString(encoder, JSON.stringify(content)))
}

/** Refuses, with the error's code. y-websocket clients know this frame too. */
export function permissionDenied(address: string, reason: string): Uint8Array {
  return frame(address, MESSAGE.auth, (encoder) => {
    encoding.writeVarUint(encoder, AUTH.permissionDenied)
    encoding.writeVarString(encoder, reason)
  })
}

/** The Auth frame of a client that cannot send one itself. */
export function authToken(address: string, token: string): Uint8Array {
  return frame(address, MESSAGE.auth, (encoder) => {
    encoding.writeVarUint(encoder, AUTH.token)
    encoding.writeVarString(encoder, token)
  })
}

/** The address that opens a frame. */
export function readAddress(bytes: Uint8Array): string {
  return decoding.readVarString(decoding.createDecoder(bytes))
}

/** Whom a frame refuses, and why; undefined for any other frame. */
export function findDenial(bytes: Uint8Array): { address: string; reason: string } | undefined {
  const decoder = decoding.createDecoder(bytes)
  const address = decoding.readVarString(decoder)
  if (decoding.readVarUint(decoder) !== MESSAGE.auth) return undefined
  if (decoding.readVarUint(decoder) !== AUTH.permissionDenied) return undefined
  return { address, reason: decoding.readVarString(decoder) }
}

/** A heartbeat of the Hocuspocus protocol: one byte, no address. */
export const PING_FRAME: Uint8Array = Uint8Array.of(MESSAGE.ping)
/** The answer to a heartbeat. */
export const PONG_FRAME: Uint8Array = Uint8Array.of(MESSAGE.pong)

/** A sync message from a client: a question with a state vector, or a write. */
export type SyncMessage =
  | { readonly kind: 'step1'; readonly stateVector: Uint8Array }
  | { readonly kind: 'write'; readonly update: Uint8Array }

/** Reads a sync message after its type; throws when it is none. */
export function readSyncMessage(decoder: decoding.Decoder): SyncMessage {
  const subtype = decoding.readVarUint(decoder)
  const payload = decoding.readVarUint8Array(decoder)
  if (subtype === SYNC.step1) return { kind: 'step1', stateVector: payload }
  if (subtype === SYNC.step2 || subtype === SYNC.update) return { kind: 'write', update: payload }
  throw new Error(`unknown sync message ${subtype}`)
}
