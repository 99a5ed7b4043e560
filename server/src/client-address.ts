import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/**
 * The address that a request comes from: of what proxies say, only as many hops count as are trusted. The same answer
 * as Koa's `ctx.ip`, for requests that never reach Koa.
 */
export function clientAddress({ headers, socket }: IncomingMessage, trustProxy: number): string {
  const forwarded = trustProxy > 0 ? headers['x-forwarded-for']?.toString() : undefined
  const hops = forwarded ? forwarded.split(',').slice(-trustProxy) : []
  return hops[0]?.trim() || socket.remoteAddress || ''
}

/** The host that the client asked for: the proxy's word for it counts when HTTP (Koa) would believe it. */
export function requestedHost({ headers }: IncomingMessage, trustProxy: number): string {
  const forwarded = trustProxy > 0 ? headers['x-forwarded-host'] : undefined
  const [host = ''] = (forwarded?.toString() || headers.host || '').split(',')
  return host.trim()
}

/** What an address is counted as: whoever has one IPv6 address has the 2⁶⁴ beside it, so those count as one. */
export function addressKey(ip: string): string {
  if (!isIPv6(ip)) return ip
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = (ip.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  const network = [...left, ...zeros, ...right].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
