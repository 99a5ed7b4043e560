import { expect, test } from 'vitest'
import { formatNetwork, Networks, parseNetwork } from './networks.ts'

test.each([
  ['203.0.113.7', '203.0.113.7/32'],
  [' 203.0.113.77/24 ', '203.0.113.0/24'],
  ['10.255.3.4/9', '10.128.0.0/9'],
  ['::ffff:203.0.113.7', '203.0.113.7/32'],
  ['2001:DB8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:db8::5/128', '2001:db8::5/128'],
  ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['64:ff9b::192.0.2.33/128', '64:ff9b::c000:221/128'],
])('%s is the network %s', (text, network) => {
  const parsed = parseNetwork(text)
  expect(parsed && formatNetwork(parsed)).toBe(network)
  // Written once, it is read as the same.
  expect(parseNetwork(network)).toEqual(parsed)
})

test.each([
  '',
  'localhost',
  '203.0.113',
  '203.0.113.7/33',
  '0.0.0.0/0',
  '12.0.0.0/7',
  '::/0',
  '2000::/3',
  '::ffff:203.0.113.7/96',
  '1.2.3.4/24/24',
  '1.2.3.4/-1',
  '2001:db8::/129',
])('%s is no network that can be blocked', (text) => {
  expect(parseNetwork(text)).toBeUndefined()
})

test('an address is in its network, in whichever form it comes', () => {
  const networks = new Networks(['203.0.113.0/24', '2001:db8::1'].flatMap((text) => parseNetwork(text) ?? []))
  for (const ip of [
    '203.0.113.1',
    '::ffff:203.0.113.255',
    '::ffff:cb00:7101',
    '2001:db8::ffff:1',
    '2001:db8:0:0:1::%en0',
  ]) {
    expect([ip, networks.has(ip)]).toEqual([ip, true])
  }
  for (const ip of ['203.0.114.1', '2001:db8:0:1::1', '::1', '', 'unknown', '203.0.113.1, 10.0.0.1']) {
    expect([ip, networks.has(ip)]).toEqual([ip, false])
  }
})
