import { z } from 'zod'
import { userIdSchema } from '@sketchroom/shared/ids'
import type { User } from '@sketchroom/shared/api/auth'
import { DEVICE_KEY_PREFIX, type DeviceStorage } from './device-storage.ts'

const knownUserSchema = z.object({
  id: userIdSchema,
  name: z.string(),
  color: z.string(),
  isGuest: z.boolean(),
})

/** Who used this browser last, as far as the app needs it offline. Never a token, never an e-mail address. */
export type KnownUser = z.infer<typeof knownUserSchema>

const KEY = 'user'

/** The storage key that changes when somebody else signs in, in this tab or another. */
export const KNOWN_USER_STORAGE_KEY = DEVICE_KEY_PREFIX + KEY

/** Who used this browser last; undefined when nobody did, or nothing can be remembered. */
export function findKnownUser(storage: DeviceStorage): KnownUser | undefined {
  return storage.find(KEY, knownUserSchema)
}

/** Remembers who uses this browser. */
export function keepKnownUser(storage: DeviceStorage, { id, name, color, isGuest }: User): void {
  storage.keep(KEY, { id, name, color, isGuest })
}
