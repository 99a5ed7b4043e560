import { expect, test } from 'vitest'
import { accountFaults } from './account-faults.ts'

test('a form that can be sent has no faults', () => {
  expect(accountFaults({ email: ' ada@example.org ', password: 'x' })).toEqual({})
  expect(accountFaults({ email: 'ada@example.org', password: '12345678', name: 'Ada' })).toEqual({})
})

test('signing in asks for a password of any length, signing up for one of at least eight characters', () => {
  expect(Object.keys(accountFaults({ email: 'ada@example.org', password: '' }))).toEqual(['password'])
  expect(Object.keys(accountFaults({ email: 'ada@example.org', password: '1234567', name: 'Ada' }))).toEqual([
    'password',
  ])
})

test.each(['', 'ada', 'ada@', '@example.org', 'ada@example', 'a b@example.org'])('%o is no e-mail address', (email) => {
  expect(Object.keys(accountFaults({ email, password: 'x' }))).toEqual(['email'])
})

test.each(['', '   ', 'x'.repeat(81), 'a\u0000b'])('%o is no name', (name) => {
  expect(Object.keys(accountFaults({ email: 'ada@example.org', password: '12345678', name }))).toEqual(['name'])
})
