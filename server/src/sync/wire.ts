import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import type { Notice } from '@sketchroom/shared/protocol/notices'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as awarenessProtocol from 'y-protocols/awareness'

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

/** The update that says nothing: no structs, no deletions. */
export const EMPTY_UPDATE: Uint8Array = Uint8Array.of(0, 0)

/** Whether an update says nothing. */
export function isEmptyUpdate(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0
}

/** Asks the client for what the server lacks, by the server's state vector. */
export function syncStep1(address: string, stateVector: Uint8Array): Uint8Array {
  return frame(address, MESSAGE.sync, (encoder) => {
    encoding.writeVarUint(encoder, SYNC.step1)
    encoding.writeVarUint8Array(encoder, stateVector)
  })
}

/** What comes before the bytes of an update in a sync message; after a `step2`, the client has everything. */
export function updateHead(address: string, kind: 'step2' | 'update', length: number): Uint8Array {
  return frame(address, MESSAGE.sync, (encoder) => {
    encoding.writeVarUint(encoder, SYNC[kind])
    encoding.writeVarUint(encoder, length)
  })
}

/** Yjs clients, each with a clock: all that the client inserted below it. */
export type Reach = ReadonlyMap<number, number>

/** How many Yjs clients a state vector says that it names; throws when it does not decode. */
export function clientsIn(stateVector: Uint8Array): number {
  return decoding.readVarUint(decoding.createDecoder(stateVector))
}

/** A frame that the room sends to everybody, and that need not be sent as it is to who does not keep up. */
export type Broadcast =
  | { readonly kind: 'news'; readonly address: string }
  | { readonly kind: 'cursors'; readonly address: string; readonly clients: readonly number[] }

/** What a frame broadcasts: what somebody has drawn, or where cursors are; undefined for any other. */
export function readBroadcast(message: Uint8Array): Broadcast | undefined {
  const decoder = decoding.createDecoder(message)
  const address = decoding.readVarString(decoder)
  const type = decoding.readVarUint(decoder)
  if (type === MESSAGE.sync)
    return decoding.readVarUint(decoder) === SYNC.update ? { kind: 'news', address } : undefined
  if (type !== MESSAGE.awareness) return undefined
  decoding.readVarUint(decoder)
  const clients = Array.from({ length: decoding.readVarUint(decoder) }, () => {
    const client = decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    decoder.pos += decoding.readVarUint(decoder)
    return client
  })
  return { kind: 'cursors', address, clients }
}

/** Answers a write that is durable, and names what is. Stock clients read the first number, which they know. */
export function durable(address: string, reach: Reach): Uint8Array {
  return frame(address, MESSAGE.syncStatus, (encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint(encoder, reach.size)
    for (const [client, clock] of reach) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
    }
  })
}

/** Answers a write that was not applied. */
export function refused(address: string): Uint8Array {
  return frame(address, MESSAGE.syncStatus, (encoder) => encoding.writeVarUint(encoder, 0))
}

/** The awareness states of these clients, or of all who are here. */
export function awarenessStates(
  address: string,
  awareness: awarenessProtocol.Awareness,
  clients: number[] = [...awareness.getStates().keys()],
): Uint8Array {
  const states = awarenessProtocol.encodeAwarenessUpdate(awareness, clients)
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

/** Says that the token was good, and whether the client may write. */
export function authenticated(address: string, mayWrite: boolean): Uint8Array {
  return frame(address, MESSAGE.auth, (encoder) => {
    encoding.writeVarUint(encoder, AUTH.authenticated)
    encoding.writeVarString(encoder, mayWrite ? 'read-write' : 'readonly')
  })
}

/** The token in an Auth message, after its type; throws when there is none. */
export function readToken(decoder: decoding.Decoder): string {
  const subtype = decoding.readVarUint(decoder)
  if (subtype !== AUTH.token) throw new Error(`unknown auth message ${subtype}`)
  return decoding.readVarString(decoder)
}

/** The one client that an awareness message is about, after its type; undefined for another. Reads nothing off. */
export function findOnlyClient(decoder: decoding.Decoder): number | undefined {
  const { pos } = decoder
  try {
    decoding.readVarUint(decoder)
    return decoding.readVarUint(decoder) === 1 ? decoding.readVarUint(decoder) : undefined
  } catch {
    // Whoever handles it says so.
    return undefined
  } finally {
    decoder.pos = pos
  }
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
