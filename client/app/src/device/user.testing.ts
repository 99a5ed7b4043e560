import { type User, userSchema } from '@sketchroom/shared/api/auth'

/** Somebody with this id, for tests of what a device keeps of whom. */
export function user(id: string): User {
  return userSchema.parse({
    id,
    name: id,
    email: null,
    color: '#e03131',
    isGuest: false,
    createdAt: '2026-01-01T00:00:00.000Z',
  })
}
