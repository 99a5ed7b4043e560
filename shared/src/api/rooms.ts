import { z } from 'zod'
import { hostUserIdSchema, roomIdSchema, userIdSchema } from '../ids.ts'
import { accessSchema, roleSchema } from '../roles.ts'
import { displayNameSchema, roomNameSchema } from '../names.ts'

const slugSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{1,62}[a-z0-9])$/, 'must be 3 to 64 of a-z, 0-9 and -, not at the ends')
/** At most 50 keys of 40 characters with values of 500. */
const metadataSchema = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((metadata) => Object.keys(metadata).length <= 50, 'must have at most 50 keys')

/** Somebody who is in a room right now. */
export const presentUserSchema = z.object({ id: z.string(), name: z.string(), color: z.string() })

/** A room as the asking person sees it. */
export const roomSchema = z.object({
  id: roomIdSchema,
  name: z.string(),
  slug: z.string().nullable(),
  access: accessSchema,
  metadata: z.record(z.string(), z.string()),
  /** The asking person's own role. */
  role: roleSchema,
  createdAt: z.iso.datetime(),
  /** When the room or its drawing last changed. */
  updatedAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().nullable(),
  /** Who is in the room now, each person once. */
  present: z.array(presentUserSchema),
})
/** A room as the asking person sees it. */
export type Room = z.infer<typeof roomSchema>

/** `POST /rooms` */
export const createRoomRequestSchema = z.strictObject({
  id: roomIdSchema.optional(),
  name: roomNameSchema,
  slug: slugSchema.optional(),
  access: accessSchema.optional(),
  metadata: metadataSchema.optional(),
})
/** What `POST /rooms` takes. */
export type CreateRoomRequest = z.input<typeof createRoomRequestSchema>

/** `PATCH /rooms/{id}`: a JSON merge patch (RFC 7396); `metadata` values of null are removed. */
export const updateRoomRequestSchema = z.strictObject({
  name: roomNameSchema.optional(),
  slug: slugSchema.nullable().optional(),
  access: accessSchema.optional(),
  metadata: z.record(z.string().min(1).max(40), z.string().max(500).nullable()).optional(),
})
/** What `PATCH /rooms/{id}` takes. */
export type UpdateRoomRequest = z.input<typeof updateRoomRequestSchema>

/** `GET /rooms` */
export const listRoomsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(200).optional(),
  q: z.string().max(120).optional(),
  role: roleSchema.optional(),
  /** `true`: the deleted ones that can still be restored (owner only), instead of the living. */
  archived: z.enum(['true', 'false']).default('false'),
})
/** What `GET /rooms` answers, newest change first. */
export const roomListSchema = z.object({ data: z.array(roomSchema), nextCursor: z.string().nullable() })
/** What `GET /rooms` answers. */
export type RoomList = z.infer<typeof roomListSchema>

/** A person of a room. `via` tells where their role comes from: given to them, or more than that by the link. */
export const memberSchema = z.object({
  user: z.object({ id: userIdSchema, name: z.string(), color: z.string(), isGuest: z.boolean() }),
  role: roleSchema,
  via: z.enum(['member', 'link']),
  online: z.boolean(),
  joinedAt: z.iso.datetime(),
})
/** A person of a room. */
export type Member = z.infer<typeof memberSchema>
/** `GET /rooms/{id}/members` */
export const listMembersQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(100),
  cursor: z.string().max(500).optional(),
})
/** What `GET /rooms/{id}/members` answers: owners first, then by name. */
export const memberListSchema = z.object({ data: z.array(memberSchema), nextCursor: z.string().nullable() })

/** `PUT /rooms/{id}/members/{userId}` */
export const setMemberRequestSchema = z.strictObject({ role: roleSchema })

/** An http(s) origin, as a browser names it in `Origin`: `https://HOST.example:443/` is `https://host.example`. */
const originSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http or https origin' })
  .max(200)
  .transform((origin) => new URL(origin))
  .refine(({ href, origin }) => href === `${origin}/`, 'must be an origin only: no path, query or credentials')
  .transform(({ origin }) => origin)

/**
 * `POST /rooms/{id}/tokens`: a token for one room, for a host's own user. The id is the host's; in the room it stands
 * behind the id of who asks, and a colon.
 */
export const createRoomTokenRequestSchema = z.strictObject({
  user: z.strictObject({
    id: hostUserIdSchema,
    name: displayNameSchema,
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'must be #rrggbb')
      .optional(),
  }),
  role: z.enum(['viewer', 'editor']),
  ttlSeconds: z.int().min(10).max(3600).default(3600),
  origins: z.array(originSchema).max(20).default([]),
})
/** What `POST /rooms/{id}/tokens` answers. */
export const roomTokenSchema = z.object({ token: z.string(), expiresAt: z.iso.datetime(), syncUrl: z.string() })
/** What `POST /rooms/{id}/tokens` answers. */
export type RoomToken = z.infer<typeof roomTokenSchema>
