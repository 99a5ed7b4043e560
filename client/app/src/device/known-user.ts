import { z } from 'zod'
import { userIdSchema } from '@sketchroom/shared/ids'
import type { User } from '@sketchroom/shared/api/auth'
import { DEVICE_KEY_PREFIX, type DeviceStorage } from './device-storage.ts'

const personSchema = z.object({
  id: userIdSchema,
  name: z.string(),
  color: z.string(),
  isGuest: z.boolean(),
})
/** `before`: who was here when a guest went on without signing them out; what this device keeps is theirs too. */
const knownUserSchema = personSchema.extend({ before: personSchema.optional() })

/** Who used this browser last, as far as the app needs it offline. Never a token, never an e-mail address. */
export type KnownUser = z.infer<typeof knownUserSchema>

const KEY = 'user'

/** The storage key that changes when somebody else signs in, in this tab or another. */
export const KNOWN_USER_STORAGE_KEY = DEVICE_KEY_PREFIX + KEY

/** Who used this browser last; undefined when nobody did, or nothing can be remembered. */
export function findKnownUser(storage: DeviceStorage): KnownUser | undefined {
  return storage.find(KEY, knownUserSchema)
}

/** Remembers who uses this browser, and who was here `before`; without it, what was remembered of that. */
export function keepKnownUser(storage: DeviceStorage, user: User, before?: Omit<KnownUser, 'before'>): void {
  const known = findKnownUser(storage)
  const last = before ?? (known?.id === user.id ? known.before : undefined)
  storage.keep(KEY, { ...personSchema.parse(user), ...(last && { before: personSchema.parse(last) }) })
}
