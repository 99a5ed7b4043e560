/** Where to go after signing in: a path of this app, and never another site, whatever the link says. */
export function safeNextPath(next: string | null): string {
  if (!next) return '/'
  try {
    const url = new URL(next, 'http://app.invalid')
    const isHere = url.host === 'app.invalid' && url.protocol === 'http:'
    // `/.//evil.example` is a path as it stands, and has lost its dot here: taken for an address again, it is another site.
    return isHere && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : '/'
  } catch {
    // Not an address at all.
    return '/'
  }
}
