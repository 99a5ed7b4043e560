import { z } from 'zod'
import { userIdSchema } from '../ids.ts'
import { displayNameSchema } from '../names.ts'

const emailSchema = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase())
/** 8 to 1,000 characters. Long ones count in full: nothing is cut at bcrypt's 72 bytes. */
const passwordSchema = z.string().min(8).max(1000)

/** A person as they see themselves. */
export const userSchema = z.object({
  id: userIdSchema,
  name: z.string(),
  email: z.string().nullable(),
  isGuest: z.boolean(),
  /** Whether they may use the admin page; left out if not. */
  isAdmin: z.literal(true).optional(),
  /** `#rrggbb`, the colour of this person's cursor. */
  color: z.string(),
  createdAt: z.iso.datetime(),
})
/** A person as they see themselves. */
export type User = z.infer<typeof userSchema>

/** `GET /auth`: who may come here, as the operator decided. */
export const authPolicySchema = z.object({
  /** Who may make an account; `invited`: guests with a role on the board of somebody who has one. */
  signup: z.enum(['open', 'invited', 'closed']),
  /** `off`: only people with an account are let in, and those whom a room token lets into its room. */
  guests: z.enum(['on', 'off']),
})
/** Who may come here, as the operator decided. */
export type AuthPolicy = z.infer<typeof authPolicySchema>

/** `POST /auth/guest` */
export const guestRequestSchema = z.strictObject({ name: displayNameSchema.optional() })
/** `POST /auth/signup` */
export const signupRequestSchema = z.strictObject({
  email: emailSchema,
  password: passwordSchema,
  name: displayNameSchema,
})
/** `POST /auth/signin` */
export const signinRequestSchema = z.strictObject({ email: emailSchema, password: z.string().min(1).max(1000) })
/** `POST /auth/refresh` and `/auth/signout`: browsers send the cookie and no body, API clients the token. */
export const refreshRequestSchema = z.strictObject({ refreshToken: z.string().max(200).optional() })
/** `PATCH /me` */
export const updateMeRequestSchema = z.strictObject({ name: displayNameSchema })

/**
 * What guest, signup, signin and refresh answer. The refresh token itself travels in an HttpOnly cookie;
 * it is in the body only for a refresh that brought it in the body.
 */
export const signedInSchema = z.object({
  user: userSchema,
  accessToken: z.string(),
  expiresInSeconds: z.int(),
  refreshToken: z.string().optional(),
})
/** What guest, signup, signin and refresh answer. */
export type SignedIn = z.infer<typeof signedInSchema>
