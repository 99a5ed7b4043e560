/**
 * Whether a page of this origin is one of the server's own. It is when the origin is allowed, and when the page came
 * from the host that it calls, by whatever name we are reached: then it is no other site's page.
 */
export function isOwnPage(origin: string, host: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.includes(origin) || URL.parse(origin)?.host === host
}
