import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { z } from 'zod'
import type { SharedCommit, SharedUpdate } from '../../ports/instance-bus.ts'

/** What goes over a room's channel. */
export type RoomMessage =
  | { readonly kind: 'committed'; readonly commit: Omit<SharedCommit, 'roomId'> }
  | { readonly kind: 'awareness'; readonly update: Uint8Array }
  | { readonly kind: 'asked' }

const KINDS = ['committed', 'awareness', 'asked'] as const

/** What goes over the channel that all instances hear. `notices` is how many its sender has sent in all. */
export type InstanceMessage = z.infer<typeof instanceMessageSchema>

const instanceMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('alive'), notices: z.number().int() }),
  z.object({ type: z.literal('notice'), notices: z.number().int(), notice: z.unknown() }),
  z.object({ type: z.literal('leaving') }),
])

/** Small, since each goes to every instance that has the room: the room's id is the channel's name, and ranges are not sent. */
export function encodeRoomMessage(message: RoomMessage): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeUint8(encoder, KINDS.indexOf(message.kind))
  if (message.kind === 'awareness') encoding.writeUint8Array(encoder, message.update)
  if (message.kind === 'committed') {
    encoding.writeVarUint(encoder, message.commit.firstSeq)
    for (const { update, claims = new Map<number, string>() } of message.commit.updates) {
      encoding.writeVarUint8Array(encoder, update)
      encoding.writeVarUint(encoder, claims.size)
      for (const [client, userId] of claims) {
        encoding.writeVarUint(encoder, client)
        encoding.writeVarString(encoder, userId)
      }
    }
  }
  return encoding.toUint8Array(encoder)
}

/** Throws when the bytes are no such message. */
export function decodeRoomMessage(bytes: Uint8Array): RoomMessage {
  const decoder = decoding.createDecoder(bytes)
  const kind = KINDS[decoding.readUint8(decoder)]
  switch (kind) {
    case 'asked':
      return { kind }
    case 'awareness':
      return { kind, update: decoding.readTailAsUint8Array(decoder) }
    case 'committed': {
      const firstSeq = decoding.readVarUint(decoder)
      const updates: SharedUpdate[] = []
      while (decoding.hasContent(decoder)) updates.push(readUpdate(decoder))
      return { kind, commit: { firstSeq, updates } }
    }
    default:
      throw new RangeError('another instance says something of a kind that is not known here')
  }
}

function readUpdate(decoder: decoding.Decoder): SharedUpdate {
  const update = decoding.readVarUint8Array(decoder)
  const claims = new Map<number, string>()
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    const client = decoding.readVarUint(decoder)
    claims.set(client, decoding.readVarString(decoder))
  }
  return { update, claims }
}

/** Cursors for the one instance that asked for them: its channel is of all rooms. */
export function encodeAnswer(roomId: RoomId, update: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, roomId)
  encoding.writeUint8Array(encoder, update)
  return encoding.toUint8Array(encoder)
}

/** Throws when the bytes are no such answer. */
export function decodeAnswer(bytes: Uint8Array): { roomId: RoomId; update: Uint8Array } {
  const decoder = decoding.createDecoder(bytes)
  const roomId = roomIdSchema.parse(decoding.readVarString(decoder))
  return { roomId, update: decoding.readTailAsUint8Array(decoder) }
}

/** As JSON: few of them go out, and people may want to read them. */
export function encodeInstanceMessage(message: InstanceMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message))
}

/** Throws when the bytes are no such message. */
export function decodeInstanceMessage(bytes: Uint8Array): InstanceMessage {
  return instanceMessageSchema.parse(JSON.parse(Buffer.from(bytes).toString()))
}
