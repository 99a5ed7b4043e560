import { z } from 'zod'

/**
 * Letters, digits, `-` and `_`: what an id may hold, so that it stands in a URL, a document name and a
 * file name without escaping.
 */
const ID_PATTERN = /^[A-Za-z0-9_-]+$/

/**
 * Names a room, and its document on the wire. 10 to 64 characters; a generated one has 21 (126 bits),
 * because with link access whoever can name a room can open it. Not a name that every JavaScript object
 * answers to (Hocuspocus looks rooms up in plain objects).
 */
export const roomIdSchema = z
  .string()
  .min(10)
  .max(64)
  .regex(ID_PATTERN)
  .refine((id) => !(id in Object.prototype), 'must not be a name that JavaScript has taken')
  .brand<'RoomId'>()
/** A room id that has been checked. */
export type RoomId = z.infer<typeof roomIdSchema>

/** PostgreSQL takes no NUL, and none of the others names anybody. */
// oxlint-disable-next-line no-control-regex -- control characters are just what is refused here
export const NO_CONTROLS = /^[^\u0000-\u001f\u007f-\u009f]*$/

/** How a host names one of its users. 1 to 128 characters. */
export const hostUserIdSchema = z.string().min(1).max(128).regex(NO_CONTROLS, 'must not contain control characters')

/**
 * Names a person, signed up or guest, or a host's user: then it is the id of who minted the token, a colon, and the host's
 * own id. 1 to 257 characters.
 */
export const userIdSchema = z
  .string()
  .min(1)
  .max(2 * 128 + 1)
  .regex(NO_CONTROLS, 'must not contain control characters')
  .brand<'UserId'>()
/** A user id that has been checked. */
export type UserId = z.infer<typeof userIdSchema>

/** Names one sign-in: the family of refresh tokens that descend from it. */
export const sessionIdSchema = z.string().min(10).max(64).regex(ID_PATTERN).brand<'SessionId'>()
/** A session id that has been checked. */
export type SessionId = z.infer<typeof sessionIdSchema>

/** Names an element of a scene; at most 64 characters, unique in its room. */
export type ElementId = string

/** Parses a room id from an untrusted string; undefined when it is not one. */
export function findRoomId(value: string): RoomId | undefined {
  return roomIdSchema.safeParse(value).data
}
