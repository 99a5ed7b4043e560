import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Dialect } from '../peers/peers.ts'

/** Who is in the room that is measured. */
export interface Cast {
  readonly dialect: Dialect
  readonly room: RoomAddress
  readonly writers: number
  readonly readers: number
  /** Whether the server answers each edit. */
  readonly acknowledges: boolean
}

/** The middle and the worst hundredth of some waits, in milliseconds. */
export interface Waits {
  readonly p50: number
  readonly p99: number
}

/** What came of a while of drawing. */
export interface Outcome {
  readonly edits: number
  /** Edits times readers: all of them, or the call throws. */
  readonly delivered: number
  /** From the first edit until every reader had the last and the writers had all answers. */
  readonly seconds: number
  /** From sending an edit until a reader had it; undefined without readers. */
  readonly delivery: Waits | undefined
  /** From sending an edit until its answer; undefined where nothing is answered. */
  readonly ack: Waits | undefined
}

/** What the process that plays the clients answers. */
export interface LoadCalls {
  /** Fills a room with writers and readers, all in and in step. One room at a time. */
  gather(cast: Cast): Promise<void>
  /** One writer sends as fast as it may with `window` edits not yet with every reader, and acknowledged. */
  saturate(options: { milliseconds: number; window: number }): Promise<Outcome>
  /** Every writer sends `hz` edits a second. */
  draw(options: { milliseconds: number; hz: number }): Promise<Outcome>
  /** Everybody goes. */
  disperse(): void
  /** Opens connections that do nothing, `perRoom` in each; they stay until `disperse`. */
  sit(options: { dialect: Dialect; rooms: readonly RoomAddress[]; perRoom: number }): Promise<void>
  /** Writes a board of so many elements into each room; somebody stays in each until `disperse`. */
  fill(options: { dialect: Dialect; rooms: readonly RoomAddress[]; elements: number }): Promise<void>
  /** Milliseconds from connecting until the whole board of so many elements had come; throws when it had not. */
  open(options: { dialect: Dialect; room: RoomAddress; elements: number }): Promise<number>
}
