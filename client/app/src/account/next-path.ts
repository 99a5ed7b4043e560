/** Where to go after signing in: a path of this app, and never another site, whatever the link says. */
export function safeNextPath(next: string | null): string {
  if (!next) return '/'
  try {
    const url = new URL(next, 'http://app.invalid')
    return url.host === 'app.invalid' && url.protocol === 'http:' ? url.pathname + url.search + url.hash : '/'
  } catch {
    // Not an address at all.
    return '/'
  }
}
