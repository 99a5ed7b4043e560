import type { UserId } from '@sketchroom/shared/ids'
import type { UserRecord } from '../../ports/accounts-store.ts'

/**
 * The accounts that the operator has named, each by its id, with the e-mail address that it must have. The address alone names
 * nobody: it is not confirmed, so that whoever signs up with it first would be an administrator (ADR 47).
 */
export type Administrators = ReadonlyMap<UserId, string>

/** Whether an account may look after the server. To a room, it is nobody special: `can` knows no administrators. */
export function isAdministrator({ id, email }: Pick<UserRecord, 'id' | 'email'>, named: Administrators): boolean {
  return email !== null && named.get(id) === email
}
