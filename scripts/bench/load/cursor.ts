import type { Presence } from '@sketchroom/shared/presence'
import * as encoding from 'lib0/encoding'
import type { RoomFrames } from './dialects.ts'
import type { LightSocket } from './light-socket.ts'

/** Yjs clients that nobody else is. */
const FIRST_CLIENT = 0x40_00_00_00

/** Somebody's cursor, as the canvas tells of it. */
export class Cursor {
  readonly #frames: RoomFrames
  readonly #socket: LightSocket
  readonly #number: number
  #clock = 0

  constructor(frames: RoomFrames, socket: LightSocket, number: number) {
    this.#frames = frames
    this.#socket = socket
    this.#number = number
  }

  /** How often it has moved. */
  get moves(): number {
    return this.#clock
  }

  /** Tells everybody where it is now. */
  move(): void {
    this.#clock += 1
    const [x, y] = [(this.#number * 31 + this.#clock * 7) % 4096, (this.#number * 17 + this.#clock * 3) % 4096]
    const presence: Presence = {
      user: { id: `person-${this.#number}`, name: `Person ${this.#number}`, color: '#1971c2' },
      pointer: { x, y, tool: 'pointer', down: false },
      activity: 'active',
    }
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint(encoder, FIRST_CLIENT + this.#number)
    encoding.writeVarUint(encoder, this.#clock)
    encoding.writeVarString(encoder, JSON.stringify(presence))
    this.#socket.send(this.#frames.awareness(encoding.toUint8Array(encoder)))
  }
}
