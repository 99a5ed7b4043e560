import { z } from 'zod'

const MB = 1024 * 1024

const count = z.coerce.number().int().min(1)
const bytes = z.coerce.number().int().min(1024)

/** How much may come: so much per second on the average, and so much at once after a quiet time. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What one person may send, on all their sockets together. */
export interface PersonRates {
  readonly messages: Rate
  readonly bytes: Rate
  /** Messages about where a cursor is: of those that are more, the newest of each cursor counts. */
  readonly cursors: Rate
}

/** How much may wait of one stay in a room, and for how long somebody may go on sending more than that. */
export interface LineLimits {
  readonly maxFrames: number
  readonly maxBytes: number
  readonly tellAfterMs: number
  readonly closeAfterMs: number
}

/** How large a message may be, and how long it may take. */
export interface MessageLimits {
  /** Before a token of its sender's was taken. */
  readonly firstMessageBytes: number
  readonly messageBytes: number
  readonly messageMs: number
}

/** How much may wait for a client that does not read, and for how long. */
export interface ReaderLimits {
  /** With more of what is drawn waiting for it, it is sent the rest in one, when it reads on. */
  readonly behindBytes: number
  /** With more of everything else, it is cut. */
  readonly bufferBytes: number
  readonly stallMs: number
}

/** How many stays one room may have. */
export interface PlaceLimits {
  readonly perRoom: number
  /** Those who are not its owners: the rest are the owners'. */
  readonly perRoomOfMembers: number
  /** Those who are not its members either: the rest are the members'. */
  readonly perRoomOfVisitors: number
  /** One person. */
  readonly perUser: number
}

/** How many bytes of updates may be stored in a day: of one person, and of all who come from one address. */
export interface DailyLimits {
  readonly perUser: number
  readonly perAddress: number
}

/** What a client may do before it is made to wait, or sent away, so that others are not held up. */
export interface ClientLimits {
  readonly rates: PersonRates
  readonly line: LineLimits
  readonly messages: MessageLimits
  readonly reader: ReaderLimits
  /** How much of what clients have sent may be unfinished, or wait: of one address, and of all together. */
  readonly unhandledBytes: { readonly perAddress: number; readonly total: number }
  /** How many sockets one person may be in rooms with. */
  readonly maxSocketsPerUser: number
  /** Who may have how many stays in one room: see `checkPlace`. */
  readonly places: PlaceLimits
  /** How much may wait for the store before those who have most of it there are turned away. */
  readonly unstoredBytes: number
  /** How much may be stored in a day: see `DailyBytes`. */
  readonly dailyBytes: DailyLimits
}

/** The environment variables of these limits, which bound what programs do: nobody who draws comes near to a default. */
export const clientLimitsShape = {
  // Somebody who draws at 60 Hz in four tabs sends 240 a second; a long offline phase comes back in a few hundred.
  MESSAGES_PER_SECOND: count.default(300),
  MESSAGES_AT_ONCE: count.default(3_000),
  // The largest board that we know of goes up at once; a picture or a paste is a few MB.
  BYTES_PER_SECOND: bytes.default(MB),
  BYTES_AT_ONCE: bytes.default(32 * MB),
  // Two tabs at 60 Hz.
  CURSORS_PER_SECOND: count.default(120),
  // Handled in some 20 ms; what is larger than all this together waits alone.
  WAITING_MESSAGES: count.default(256),
  WAITING_BYTES: bytes.default(MB / 2),
  // A paste of many megabytes takes so long; who does not stop then is no person.
  TOO_FAST_TELL_SECONDS: count.default(10),
  TOO_FAST_CLOSE_SECONDS: count.default(60),
  // A token, a state vector, a cursor.
  FIRST_MESSAGE_BYTES: bytes.default(64 * 1024),
  // Our clients send pieces of 128 KB; others all that they have in one message, which is 4 MB after a long offline phase.
  MESSAGE_BYTES: bytes.max(256 * MB).default(8 * MB),
  // The largest message, at 30 KB/s.
  MESSAGE_SECONDS: count.default(300),
  // A class behind one address that comes back at once has half of the first on its way; a process of 512 MB has both.
  UNHANDLED_BYTES_PER_ADDRESS: bytes.default(48 * MB),
  UNHANDLED_BYTES: bytes.default(96 * MB),
  // A few tabs on a few devices, and a browser that leaves sockets behind.
  MAX_SOCKETS_PER_USER: count.default(64),
  // Each is told of whatever anybody draws.
  MAX_SOCKETS_PER_ROOM: count.default(500),
  // Editors let in members as they like, and could fill the rest: an owner finds a place, and can remove them.
  MAX_MEMBER_SOCKETS_PER_ROOM: count.default(460),
  // Anybody with the link can fill these; a hundred members, or fifty with two tabs, still find a place.
  MAX_VISITOR_SOCKETS_PER_ROOM: count.default(400),
  // Ten tabs on three devices. A socket has place for 20 stays, which may all be in one room.
  MAX_SOCKETS_PER_USER_IN_ROOM: count.default(32),
  // A second or two of a busy room; two hundred of such readers take 50 MB.
  READER_BEHIND_BYTES: bytes.default(256 * 1024),
  READER_BUFFER_BYTES: bytes.default(512 * 1024),
  // A phone in a tunnel; it comes back, and is sent what it lacks.
  READER_STALL_SECONDS: count.default(30),
  // A store that is away for ten seconds is caught up with afterwards; twice as much still leaves room in 512 MB.
  UNSTORED_BYTES: bytes.default(64 * MB),
  // Ten hours of drawing at 60 Hz are 550 MB with what the database needs for each edit. It comes back by 12 KB in a second,
  // which is enough to go on drawing.
  DAILY_BYTES_PER_USER: bytes.default(1024 * MB),
  // A class of 30 that does nothing else; and what all guests of one address may fill the disk with.
  DAILY_BYTES_PER_ADDRESS: bytes.default(10 * 1024 * MB),
}

/** What the environment says of them. */
export function clientLimits(data: z.infer<z.ZodObject<typeof clientLimitsShape>>): ClientLimits {
  return {
    rates: {
      messages: { perSecond: data.MESSAGES_PER_SECOND, burst: data.MESSAGES_AT_ONCE },
      bytes: { perSecond: data.BYTES_PER_SECOND, burst: data.BYTES_AT_ONCE },
      cursors: { perSecond: data.CURSORS_PER_SECOND, burst: data.CURSORS_PER_SECOND },
    },
    line: {
      maxFrames: data.WAITING_MESSAGES,
      maxBytes: data.WAITING_BYTES,
      tellAfterMs: data.TOO_FAST_TELL_SECONDS * 1_000,
      closeAfterMs: data.TOO_FAST_CLOSE_SECONDS * 1_000,
    },
    messages: {
      firstMessageBytes: data.FIRST_MESSAGE_BYTES,
      messageBytes: data.MESSAGE_BYTES,
      messageMs: data.MESSAGE_SECONDS * 1_000,
    },
    reader: {
      behindBytes: data.READER_BEHIND_BYTES,
      bufferBytes: data.READER_BUFFER_BYTES,
      stallMs: data.READER_STALL_SECONDS * 1_000,
    },
    unhandledBytes: { perAddress: data.UNHANDLED_BYTES_PER_ADDRESS, total: data.UNHANDLED_BYTES },
    maxSocketsPerUser: data.MAX_SOCKETS_PER_USER,
    places: {
      perRoom: data.MAX_SOCKETS_PER_ROOM,
      perRoomOfMembers: data.MAX_MEMBER_SOCKETS_PER_ROOM,
      perRoomOfVisitors: data.MAX_VISITOR_SOCKETS_PER_ROOM,
      perUser: data.MAX_SOCKETS_PER_USER_IN_ROOM,
    },
    unstoredBytes: data.UNSTORED_BYTES,
    dailyBytes: { perUser: data.DAILY_BYTES_PER_USER, perAddress: data.DAILY_BYTES_PER_ADDRESS },
  }
}
