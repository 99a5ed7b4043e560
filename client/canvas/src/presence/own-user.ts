import { type PresenceUser, presenceColor } from '@sketchroom/shared/presence'

/**
 * Who a token was made for, to know oneself and one's other tabs among the people; undefined when it does not
 * say. Only the server decides what a token is worth.
 */
export function findTokenUser(token: string): PresenceUser | undefined {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0))
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>
    const { sub: id, name, color } = claims
    if (typeof id !== 'string') return undefined
    return {
      id,
      name: typeof name === 'string' ? name : '',
      color: typeof color === 'string' ? color : presenceColor(id),
    }
  } catch {
    // Not a JWT: a host may use tokens of its own kind.
    return undefined
  }
}
