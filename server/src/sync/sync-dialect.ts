import { findRoomId, type RoomId } from '@sketchroom/shared/ids'
import { AUTH, MESSAGE } from '@sketchroom/shared/protocol/frames'
import { findNotice } from '@sketchroom/shared/protocol/notices'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { writePermissionDenied } from 'y-protocols/auth'
import * as wire from './wire.ts'

/** A frame from a client, read as far as its type. */
export interface IncomingFrame {
  /** The document's name, and for some clients a session's after a NUL. */
  readonly address: string
  readonly type: number
  readonly decoder: decoding.Decoder
  /** When it came, by `performance.now()`. */
  readonly arrivedAt: number
}

/** What a frame that waits takes beside its bytes, roughly: 30,000 of three bytes are 8 MB. */
const FRAME_OVERHEAD_BYTES = 300

/** What a frame takes in memory while it waits, in bytes, roughly. */
export function memoryOf({ decoder }: IncomingFrame): number {
  return decoder.arr.length + FRAME_OVERHEAD_BYTES
}

/** A room's id, and for some clients a session's: what is longer would open every frame to that client. */
const MAX_ADDRESS_LENGTH = 200

/** An awareness message about nobody. */
const NO_STATES = Uint8Array.of(MESSAGE.awareness, 1, 0)

/** How one kind of client writes its frames. Inside, all frames are Hocuspocus frames. */
export interface SyncDialect {
  /** Undefined for what needs no answer. Throws when the frame does not decode. */
  read(data: Uint8Array): IncomingFrame | undefined
  /** The frame as this client reads it; undefined when it would not understand it. */
  write(frame: Uint8Array): Uint8Array | undefined
  /** A heartbeat that this client's library counts as a sign of life. */
  readonly ping: Uint8Array
}

/** The Hocuspocus protocol: an address before each message, several rooms on one socket. */
export const hocuspocusDialect: SyncDialect = {
  read(data) {
    // One byte is a heartbeat; no address is that short.
    if (data.length === 1) return undefined
    const decoder = decoding.createDecoder(data)
    const address = decoding.readVarString(decoder)
    if (address.length > MAX_ADDRESS_LENGTH) throw new RangeError('the address is too long')
    return { address, type: decoding.readVarUint(decoder), decoder, arrivedAt: performance.now() }
  },
  write: (frame) => frame,
  ping: wire.PING_FRAME,
}

/** The y-websocket protocol: one room, no address, fewer kinds of message. */
export function createYjsDialect(roomId: RoomId): SyncDialect {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, roomId)
  const addressBytes = encoding.length(encoder)
  return {
    read(data) {
      const decoder = decoding.createDecoder(data)
      const type = decoding.readVarUint(decoder)
      // Nothing else is said in this protocol; the token came with the upgrade.
      const known = type === MESSAGE.sync || type === MESSAGE.awareness || type === MESSAGE.queryAwareness
      return known ? { address: roomId, type, decoder, arrivedAt: performance.now() } : undefined
    },
    write(frame) {
      const type = frame[addressBytes]
      if (type === MESSAGE.sync || type === MESSAGE.awareness) return frame.subarray(addressBytes)
      const reason = refusalIn(decoding.createDecoder(frame.subarray(addressBytes)))
      return reason === undefined ? undefined : yjsPermissionDenied(reason)
    },
    // Its library gives the server up when it hears nothing for 30 s, and sends nothing itself behind a large message.
    ping: NO_STATES,
  }
}

/** Why a frame says no, if it does: to a sign-in, or to a write. */
function refusalIn(decoder: decoding.Decoder): string | undefined {
  const type = decoding.readVarUint(decoder)
  if (type === MESSAGE.auth) {
    return decoding.readVarUint(decoder) === AUTH.permissionDenied ? decoding.readVarString(decoder) : undefined
  }
  if (type !== MESSAGE.stateless) return undefined
  const content = findNotice(decoding.readVarString(decoder))
  return content?.type === 'refused' ? content.reason : undefined
}

/** The one way in which y-websocket clients are told no. Source: `y-protocols/auth`. */
function yjsPermissionDenied(reason: string): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, MESSAGE.auth)
  writePermissionDenied(encoder, reason)
  return encoding.toUint8Array(encoder)
}

/** The room that an address names; undefined when it names none. */
export function roomOfAddress(address: string): RoomId | undefined {
  const end = address.indexOf('\0')
  if (end === -1) return findRoomId(address)
  return end + 1 < address.length ? findRoomId(address.slice(0, end)) : undefined
}
