import { serverAddress } from '@sketchroom/shared/api/server-address'

/**
 * What the paths that this server answers begin with. With one of them as public path, a request could mean two things:
 * `/r/x` is the board `x`, and the page `/x` of a server that is at `/r`.
 */
const OWN_BEGINNINGS = 'api assets excalidraw health live metrics r ready signin signup sync yjs'.split(' ')

/** The path of the server's public address, below which everything is: empty at the root, else as `/boards`. */
export function publicPath(publicUrl: URL): string {
  return serverAddress(publicUrl).slice(publicUrl.origin.length)
}

/**
 * A request's path as the server's routes know it: without the public path. A proxy in front may have taken that away, and
 * who asks the process itself how it is does not know it, so a path without it is as good.
 */
export function withoutPublicPath(path: string, base: string): string {
  if (path !== base && !path.startsWith(`${base}/`)) return path
  return path.slice(base.length) || '/'
}

/** Why a server cannot be below this path; undefined when it can. */
export function faultOfPublicPath(pathname: string): string | undefined {
  // Such a path needs no escaping in a cookie, in a page, or in the name of what a browser keeps.
  if (!/^(?:\/[\w.~-]+)*\/?$/.test(pathname)) return 'may have a path of letters, digits and . _ ~ - only'
  const [, first = ''] = pathname.split('/')
  return OWN_BEGINNINGS.includes(first) ? `may not be below /${first}, which is a path of the server itself` : undefined
}
