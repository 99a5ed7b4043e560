import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { AddressLimit } from './address-limit.ts'

/** A limit of two sockets for each address, and what it warned of. */
function createLimit() {
  const warnings: Array<{ msg: string; address: string; refused: number }> = []
  const clock = { now: 5_000 }
  const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push(JSON.parse(line) as never) })
  const limit = new AddressLimit(2, log, () => clock.now)
  const open = (ip: string) => {
    const socket = new PassThrough()
    return { socket, taken: limit.take(ip, socket) }
  }
  return { open, warnings, clock }
}

test('an address has as many sockets as it may, and another one when one of them is closed', async () => {
  const { open } = createLimit()
  const [first, second, third] = [open('203.0.113.7'), open('203.0.113.7'), open('203.0.113.7')]
  expect([first, second, third].map(({ taken }) => taken)).toEqual([true, true, false])
  expect(open('203.0.113.8').taken).toBe(true)
  // One that was refused was not counted, so its end frees no place.
  third.socket.destroy()
  await new Promise((resolve) => third.socket.once('close', resolve))
  expect(open('203.0.113.7').taken).toBe(false)
  first.socket.destroy()
  await new Promise((resolve) => first.socket.once('close', resolve))
  expect([open('203.0.113.7').taken, open('203.0.113.7').taken]).toEqual([true, false])
})

test('the addresses of one IPv6 network count as one', () => {
  const { open } = createLimit()
  const taken = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2::3', '2001:db8:1:3::1'].map((ip) => open(ip).taken)
  expect(taken).toEqual([true, true, false, true])
})

test('refusals are one warning in a minute, which says what to do', () => {
  const { open, warnings, clock } = createLimit()
  for (let n = 0; n < 12; n++) open('203.0.113.7')
  clock.now += 59_999
  open('203.0.113.7')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]?.msg).toMatch(/proxy.*TRUST_PROXY.*MAX_SOCKETS_PER_ADDRESS/)
  clock.now += 1
  open('203.0.113.7')
  expect(warnings.map(({ address, refused }) => [address, refused])).toEqual([
    ['203.0.113.7', 1],
    ['203.0.113.7', 11],
  ])
})
