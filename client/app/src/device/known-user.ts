import { z } from 'zod'
import { userIdSchema, type UserId } from '@sketchroom/shared/ids'
import type { User } from '@sketchroom/shared/api/auth'
import { storageKey, type DeviceStorage } from './device-storage.ts'

const personSchema = z.object({
  id: userIdSchema,
  name: z.string(),
  color: z.string(),
  isGuest: z.boolean(),
})
const knownUserSchema = personSchema.extend({
  /** Who was here when a guest went on without signing them out; what this device keeps is theirs too. */
  before: personSchema.optional(),
  /** Guests of this device whose boards the account took over: what they have not sent is the account's to send. */
  guests: z.array(userIdSchema).optional(),
})

/** Who used this browser last, as far as the app needs it offline. Never a token, never an e-mail address. */
export type KnownUser = z.infer<typeof knownUserSchema>

const KEY = 'user'

/** The storage key that changes when somebody else signs in, in this tab or another. */
export function knownUserKey({ namespace }: DeviceStorage): string {
  return storageKey(namespace, KEY)
}

/** Who used this browser last; undefined when nobody did, or nothing can be remembered. */
export function findKnownUser(storage: DeviceStorage): KnownUser | undefined {
  return storage.find(KEY, knownUserSchema)
}

/** What is remembered of how a person came. */
interface Coming {
  readonly before?: Omit<KnownUser, 'before' | 'guests'> | undefined
  readonly guest?: UserId | undefined
}

/** Remembers who uses this browser, and how they came; what was remembered of that stays. */
export function keepKnownUser(storage: DeviceStorage, user: User, { before, guest }: Coming = {}): void {
  const known = findKnownUser(storage)
  const last = known?.id === user.id ? known : undefined
  const first = before ?? last?.before
  const guests = [...(last?.guests ?? []), ...(guest ? [guest] : [])]
  storage.keep(KEY, {
    ...personSchema.parse(user),
    ...(first && { before: personSchema.parse(first) }),
    ...(guests.length > 0 && { guests }),
  })
}
