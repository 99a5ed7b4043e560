import { z } from 'zod'
import { NO_CONTROLS, sessionIdSchema, userIdSchema } from '../ids.ts'
import { accessSchema } from '../roles.ts'
import { presentUserSchema } from './rooms.ts'

const limitSchema = z.coerce.number().int().min(1).max(100).default(50)
const cursorSchema = z.string().max(300).optional()
const textSchema = z.string().trim().regex(NO_CONTROLS, 'must not contain control characters')
/**
 * The beginning of a room's id, as far as is enough to find it in the log. Never the whole: whoever has that of a room whose
 * link is open has its link.
 */
const shortIdSchema = z.string()
const bytesSchema = z.int().nonnegative()

/** `GET /admin/rooms`; `q` is a part of the name, a whole id, or the e-mail address of an owner. */
export const adminRoomsQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  q: textSchema.max(254).optional(),
})
/** A room as an administrator sees it: from the outside. What is drawn there is for its members only. */
export const adminRoomSchema = z.object({
  shortId: shortIdSchema,
  name: z.string(),
  access: accessSchema,
  createdAt: z.iso.datetime(),
  /** When the room or its drawing last changed. */
  updatedAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().nullable(),
  owners: z.array(z.object({ id: userIdSchema, name: z.string(), email: z.string().nullable() })),
  /** How many people have a role of their own. */
  members: z.int(),
  /** How many updates were ever stored. */
  updates: z.int(),
  /** What opening it reads: the newest snapshot and the updates after it, as stored. */
  bytes: bytesSchema,
  /** Who is in the room now, on whichever instance, each person once. */
  present: z.array(presentUserSchema),
})
/** A room as an administrator sees it. */
export type AdminRoom = z.infer<typeof adminRoomSchema>
/** What `GET /admin/rooms` answers, newest first. A search looks through so many at a time: a page may hold few, or none, and have a next. */
export const adminRoomListSchema = z.object({ data: z.array(adminRoomSchema), nextCursor: z.string().nullable() })

/** `GET /admin/people`; `q` is a part of the name or address, or a whole id, for which `kind` does not matter. */
export const adminPeopleQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  q: textSchema.max(254).optional(),
  kind: z.enum(['accounts', 'guests']).default('accounts'),
})
/** A person as an administrator sees them. */
export const adminPersonSchema = z.object({
  id: userIdSchema,
  name: z.string(),
  email: z.string().nullable(),
  isGuest: z.boolean(),
  isAdmin: z.boolean(),
  createdAt: z.iso.datetime(),
  /** When they last signed in or renewed a sign-in, which an open page does every ten minutes; null: too long ago to be known. */
  lastSeenAt: z.iso.datetime().nullable(),
  /** On how many living rooms they have a role of their own. */
  rooms: z.int(),
  /** How many sign-ins of theirs are good. */
  sessions: z.int(),
})
/** A person as an administrator sees them. */
export type AdminPerson = z.infer<typeof adminPersonSchema>
/** What `GET /admin/people` answers, newest first; of a search, see `adminRoomListSchema`. */
export const adminPersonListSchema = z.object({ data: z.array(adminPersonSchema), nextCursor: z.string().nullable() })

/** `GET /admin/people/{id}/sessions` and `GET /admin/quarantine` */
export const adminPageQuerySchema = z.strictObject({ limit: limitSchema, cursor: cursorSchema })
/** A sign-in that is good. */
export const adminSessionSchema = z.object({
  id: sessionIdSchema,
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** Whether it is the one that asks. */
  isYours: z.boolean(),
})
/** A sign-in that is good. */
export type AdminSession = z.infer<typeof adminSessionSchema>
/** What `GET /admin/people/{id}/sessions` answers, newest first. */
export const adminSessionListSchema = z.object({ data: z.array(adminSessionSchema), nextCursor: z.string().nullable() })

const countedSchema = z.object({ count: z.int(), bytes: bytesSchema })
/** What a walk over all that is stored has found; it begins when somebody asks, and takes its time. */
const surveySchema = z.object({
  startedAt: z.iso.datetime(),
  /** Null while it is under way: the numbers are of what it has seen so far. */
  finishedAt: z.iso.datetime().nullable(),
  updates: countedSchema,
  snapshots: countedSchema,
  /** Those that take most, all that is kept of their past included; null for the name of one that is gone. */
  largest: z.array(z.object({ shortId: shortIdSchema, name: z.string().nullable(), bytes: bytesSchema })),
})
/** `GET /admin/storage` */
export const adminStorageSchema = z.object({
  engine: z.enum(['SQLite', 'PostgreSQL']),
  databaseBytes: bytesSchema,
  /** Of the disk that `DATA_DIR` is on; null with PostgreSQL, whose disk is elsewhere. */
  disk: z.object({ freeBytes: bytesSchema, totalBytes: bytesSchema }).nullable(),
  survey: surveySchema,
})
/** What `GET /admin/storage` answers. */
export type AdminStorage = z.infer<typeof adminStorageSchema>

/** A record that was set aside because it could not be read. Its bytes are a part of a drawing, and are not shown. */
export const adminRecordSchema = z.object({
  roomShortId: shortIdSchema,
  roomName: z.string().nullable(),
  kind: z.enum(['update', 'snapshot']),
  seq: z.int(),
  reason: z.string(),
  /** The id of who wrote it; null for the server. */
  author: z.string().nullable(),
  /** When it was written. */
  at: z.iso.datetime(),
  bytes: bytesSchema,
})
/** A record that was set aside. */
export type AdminRecord = z.infer<typeof adminRecordSchema>
/** What `GET /admin/quarantine` answers, by room. */
export const adminRecordListSchema = z.object({ data: z.array(adminRecordSchema), nextCursor: z.string().nullable() })

/** `POST /admin/blocks`: one address, or a network such as `203.0.113.0/24`. Of a blocked one, it replaces reason and end. */
export const blockRequestSchema = z.strictObject({
  network: z.string().trim().min(1).max(60),
  reason: textSchema.min(1).max(200),
  /** Left out, or null: until it is taken back. */
  until: z.iso.datetime().nullable().optional(),
})
/** What `POST /admin/blocks` takes. */
export type BlockRequest = z.input<typeof blockRequestSchema>
/** A network from which nobody is served. */
export const addressBlockSchema = z.object({
  id: z.string(),
  /** With its length, as in `203.0.113.7/32`; a single IPv6 address is blocked with the 2⁶⁴ beside it. */
  network: z.string(),
  reason: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.object({ id: userIdSchema, name: z.string().nullable() }),
  until: z.iso.datetime().nullable(),
})
/** A network from which nobody is served. */
export type AddressBlock = z.infer<typeof addressBlockSchema>
/** What `GET /admin/blocks` answers: all of them, newest first. */
export const addressBlockListSchema = z.object({
  data: z.array(addressBlockSchema),
  nextCursor: z.null(),
  /** Where the asking person comes from, as far as the server can tell. */
  yourAddress: z.string(),
})
/** What `GET /admin/blocks` answers. */
export type AddressBlockList = z.infer<typeof addressBlockListSchema>
