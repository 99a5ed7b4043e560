import { expect, test } from 'vitest'
import { parseKeys } from './keyring.ts'

const [hex, base64] = ['ab'.repeat(32), Buffer.alloc(32, 7).toString('base64')]

test('keys may be written as base64 or hexadecimal, several of them with commas', () => {
  expect(parseKeys(`${hex}, ${base64}`)).toEqual([new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(7)])
})

test.each([
  ['a password', 'key 1 must be 32 bytes'],
  [`${hex},${hex.slice(2)}`, 'key 2 must be 32 bytes'],
  [`${hex},`, 'key 2 must be 32 bytes'],
  [`${hex},${hex.toUpperCase()}`, 'a key is there twice'],
])('%s is refused in words', (text, message) => {
  expect(() => parseKeys(text)).toThrow(message)
})
