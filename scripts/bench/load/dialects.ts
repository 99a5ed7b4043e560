import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Dialect } from '../peers/peers.ts'

/**
 * What a server's frame says, as far as the bench asks. A joiner's document is an answer (to its state vector),
 * after as many updates as the server likes; a question asks for what the server lacks.
 */
export type Incoming =
  | { readonly kind: 'update' | 'answer'; readonly update: Uint8Array }
  | { readonly kind: 'question' | 'ack' | 'other' }

const BARE = { question: { kind: 'question' }, ack: { kind: 'ack' }, other: { kind: 'other' } } as const
const EMPTY_STATE_VECTOR = encodeStateVector(new Doc())
const EMPTY_UPDATE = encodeStateAsUpdate(new Doc())

/** Writes and reads the frames of one room's clients. */
export class RoomFrames {
  /** Answers a question: the server lacks nothing. */
  readonly nothing: Uint8Array
  readonly #auth: readonly Uint8Array[]
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
    this.#auth = dialect === 'hocuspocus' ? [auth] : []
    this.nothing = this.#sync(SYNC.step2, EMPTY_UPDATE)
  }

  /** What a client says to get in and to be told what it lacks of the document. */
  greeting(stateVector: Uint8Array = EMPTY_STATE_VECTOR): Uint8Array[] {
    return [...this.#auth, this.#sync(SYNC.step1, stateVector)]
  }

  /** A write. */
  update(update: Uint8Array): Uint8Array {
    return this.#sync(SYNC.update, update)
  }

  /** What kind of frame this is; all but refusals can be told from a long one's beginning. */
  kindOf(frame: Uint8Array): Incoming['kind'] {
    const at = this.#prefix.length
    const type = frame[at]
    if (frame.length === 1) return 'other'
    if (type === MESSAGE.syncStatus) {
      if (frame[at + 1] !== 1) throw new Error('the server refused an edit')
      return 'ack'
    }
    if (type === MESSAGE.auth && frame[at + 1] === AUTH.permissionDenied) throw new Error('the server let nobody in')
    if (type !== MESSAGE.sync && type !== MESSAGE.syncReply) return 'other'
    const subtype = frame[at + 1]
    return subtype === SYNC.step1 ? 'question' : subtype === SYNC.step2 ? 'answer' : 'update'
  }

  /** Reads a frame, quickly; `update` lies in the frame's own bytes. */
  read(frame: Uint8Array): Incoming {
    const kind = this.kindOf(frame)
    if (kind !== 'answer' && kind !== 'update') return BARE[kind]
    const decoder = decoding.createDecoder(frame)
    decoder.pos = this.#prefix.length + 2
    return { kind, update: decoding.readVarUint8Array(decoder) }
  }

  /** What an awareness update says to everybody. */
  awareness(update: Uint8Array): Uint8Array {
    return this.#frame((frame) => {
      encoding.writeVarUint(frame, MESSAGE.awareness)
      encoding.writeVarUint8Array(frame, update)
    })
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
