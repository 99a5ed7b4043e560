import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import { expect, test } from 'vitest'
import { addressKey, clientAddress } from './client-address.ts'

/** A request from 192.0.2.1 with this word of proxies. */
function requestWith(forwarded: string | undefined): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.1' })
  const request = new IncomingMessage(socket)
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded
  return request
}

const SPOOFED = '203.0.113.66, 203.0.113.7 , 198.51.100.2'

test.each([
  [0, undefined, '192.0.2.1'],
  [0, SPOOFED, '192.0.2.1'],
  [1, undefined, '192.0.2.1'],
  [1, '', '192.0.2.1'],
  [1, SPOOFED, '198.51.100.2'],
  [2, SPOOFED, '203.0.113.7'],
  [9, SPOOFED, '203.0.113.66'],
  [1, '203.0.113.7,', '192.0.2.1'],
])('with %i proxies that may be believed, %s comes from %s, as Koa has it', (trustProxy, forwarded, expected) => {
  const request = requestWith(forwarded)
  expect(clientAddress(request, trustProxy)).toBe(expected)
  const koa = new Koa({ proxy: trustProxy > 0, maxIpsCount: trustProxy })
  expect(koa.createContext(request, new ServerResponse(request)).ip).toBe(expected)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::ffff', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['no address', 'no address'],
])('%s counts as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key)
})
