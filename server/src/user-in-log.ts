import { createHash } from 'node:crypto'

/**
 * A user's id as the log has it. A host names its users as it likes, by their e-mail addresses perhaps: such an id is in the
 * log as a hash, which is the same each time.
 */
export function userInLog(userId: string): string {
  if (/^[\w.:-]*$/.test(userId)) return userId
  return `#${createHash('sha256').update(userId).digest('base64url').slice(0, 16)}`
}
