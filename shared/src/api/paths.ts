/** Where the REST API begins. */
export const API_PREFIX = '/api/v1'

/** The paths below `API_PREFIX`, with `:name` for what varies. Server and clients use the same. */
export const API_PATHS = {
  auth: '/auth',
  guest: '/auth/guest',
  signup: '/auth/signup',
  signin: '/auth/signin',
  refresh: '/auth/refresh',
  signout: '/auth/signout',
  me: '/me',
  rooms: '/rooms',
  room: '/rooms/:roomId',
  restoreRoom: '/rooms/:roomId/restore',
  members: '/rooms/:roomId/members',
  member: '/rooms/:roomId/members/:userId',
  roomTokens: '/rooms/:roomId/tokens',
  adminRooms: '/admin/rooms',
  adminPeople: '/admin/people',
  adminSessions: '/admin/people/:userId/sessions',
  adminSession: '/admin/people/:userId/sessions/:sessionId',
  adminStorage: '/admin/storage',
  adminQuarantine: '/admin/quarantine',
  adminBlocks: '/admin/blocks',
  adminBlock: '/admin/blocks/:blockId',
} as const

/** Fills a path's parameters and puts the prefix before it, escaped for a URL. */
export function apiPath(path: keyof typeof API_PATHS, params: Readonly<Record<string, string>> = {}): string {
  const filled = API_PATHS[path].replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`the path ${path} needs ${name}`)
    return encodeURIComponent(value)
  })
  return API_PREFIX + filled
}

/** The path of the Hocuspocus protocol's WebSocket. */
export const SYNC_PATH = '/sync'
/** The path, followed by `/{roomId}`, of the y-websocket protocol's WebSocket. */
export const YJS_PATH = '/yjs'
