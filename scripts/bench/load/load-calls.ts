import type { RoomAddress } from '../peers/peer-calls.ts'
import type { Dialect } from '../peers/peers.ts'

/** Who is in the rooms that are measured. */
export interface Cast {
  readonly dialect: Dialect
  readonly rooms: readonly RoomAddress[]
  /** In each room. */
  readonly writers: number
  /** In each room, beside the writers. */
  readonly readers: number
  /** In each room, beside those: they come in, and never read again. None when not given. */
  readonly stalled?: number
  /** How many bytes each edit takes beside what it needs; none when not given. */
  readonly ballastBytes?: number
  /** Whether the server answers each edit. */
  readonly acknowledges: boolean
}

/** How everybody draws for a while. */
export interface DrawOptions {
  readonly milliseconds: number
  /** Edits a second of each writer. */
  readonly hz: number
  /** When given, the edits come in pairs, so many milliseconds apart. */
  readonly pairGapMs?: number
  /** How often a second each cursor moves, readers' too; never when not given. */
  readonly cursorHz?: number
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
  /** The part of one processor that the clients used. Near 1, the clients were measured and not the server. */
  readonly clientsCpuShare: number
}

/** A crowd that opens one board. */
export interface CrowdOptions {
  readonly dialect: Dialect
  readonly room: RoomAddress
  /** How many the board has. */
  readonly elements: number
  readonly people: number
}

/** What the process that plays the clients answers. */
export interface LoadCalls {
  /** Fills rooms with writers and readers, all in and in step. */
  gather(cast: Cast): Promise<void>
  /** One writer sends as fast as it may with `window` edits not yet with every reader, and acknowledged. */
  saturate(options: { milliseconds: number; window: number }): Promise<Outcome>
  /** Every writer sends `hz` edits a second. */
  draw(options: DrawOptions): Promise<Outcome>
  /** Every writer sends so many edits, `window` of them under way. */
  pour(options: { edits: number; window: number }): Promise<void>
  /** Somebody who has all that was drawn in the room comes back so often; resolves with the bytes of each time. */
  comeBack(options: { dialect: Dialect; room: RoomAddress; times: number }): Promise<number[]>
  /** Everybody goes. */
  disperse(): void
  /** Opens connections that do nothing, `perRoom` in each; they stay until `disperse`. */
  sit(options: { dialect: Dialect; rooms: readonly RoomAddress[]; perRoom: number }): Promise<void>
  /** Writes a board of so many elements into each room; somebody stays in each until `disperse`. */
  fill(options: { dialect: Dialect; rooms: readonly RoomAddress[]; elements: number }): Promise<void>
  /** Milliseconds from connecting until the whole board of so many elements had come; throws when it had not. */
  open(options: { dialect: Dialect; room: RoomAddress; elements: number }): Promise<number>
  /** Opens a board in each of so many rooms at once; milliseconds until all have come. They stay until `disperse`. */
  openAtOnce(options: { dialect: Dialect; rooms: readonly RoomAddress[] }): Promise<number>
  /** Milliseconds that each of a crowd waited for a filled board and an edit made just before. */
  crowd(options: CrowdOptions): Promise<number[]>
}
