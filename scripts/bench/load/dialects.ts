import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { encodeStateVector, Doc } from 'yjs'
import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Dialect } from '../peers/peers.ts'

/** What a server's frame says, as far as the bench asks. */
export type Incoming =
  | { readonly kind: 'update' | 'answer'; readonly update: Uint8Array }
  | { readonly kind: 'ack' }
  | { readonly kind: 'other' }

const ACK: Incoming = { kind: 'ack' }
const OTHER: Incoming = { kind: 'other' }
const EMPTY_STATE_VECTOR = encodeStateVector(new Doc())

/** Writes and reads the frames of one room's clients. */
export class RoomFrames {
  /** What a client says to get in and to be told the document. */
  readonly greeting: readonly Uint8Array[]
  /** What comes before each message: the document's name, or nothing. */
  readonly #prefix: Uint8Array

  constructor(dialect: Dialect, room: RoomAddress) {
    const encoder = encoding.createEncoder()
    if (dialect === 'hocuspocus') encoding.writeVarString(encoder, room.name)
    this.#prefix = encoding.toUint8Array(encoder)
    const auth = this.#frame((frame) => {
      encoding.writeVarUint(frame, MESSAGE.auth)
      encoding.writeVarUint(frame, AUTH.token)
      encoding.writeVarString(frame, room.token)
    })
    const question = this.#sync(SYNC.step1, EMPTY_STATE_VECTOR)
    this.greeting = dialect === 'hocuspocus' ? [auth, question] : [question]
  }

  /** A write. */
  update(update: Uint8Array): Uint8Array {
    return this.#sync(SYNC.update, update)
  }

  /** Reads a frame, quickly; `update` lies in the frame's own bytes. */
  read(frame: Uint8Array): Incoming {
    const at = this.#prefix.length
    const type = frame[at]
    if (type === MESSAGE.syncStatus && frame.length > 1) {
      if (frame[at + 1] !== 1) throw new Error('the server refused an edit')
      return ACK
    }
    if (type === MESSAGE.auth && frame[at + 1] === AUTH.permissionDenied) throw new Error('the server let nobody in')
    if (frame.length === 1 || (type !== MESSAGE.sync && type !== MESSAGE.syncReply)) return OTHER
    const subtype = frame[at + 1]
    if (subtype === SYNC.step1) return OTHER
    const decoder = decoding.createDecoder(frame)
    decoder.pos = at + 2
    const update = decoding.readVarUint8Array(decoder)
    return { kind: subtype === SYNC.step2 ? 'answer' : 'update', update }
  }

  #sync(subtype: number, payload: Uint8Array): Uint8Array {
    return this.#frame((frame) => {
      encoding.writeVarUint(frame, MESSAGE.sync)
      encoding.writeVarUint(frame, subtype)
      encoding.writeVarUint8Array(frame, payload)
    })
  }

  #frame(write: (encoder: encoding.Encoder) => void): Uint8Array {
    const encoder = encoding.createEncoder()
    encoding.writeUint8Array(encoder, this.#prefix)
    write(encoder)
    return encoding.toUint8Array(encoder)
  }
}
