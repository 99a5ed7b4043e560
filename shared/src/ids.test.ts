import { expect, test } from 'vitest'
import { findRoomId } from './ids.ts'

test.for(['constructor', 'hasOwnProperty', 'isPrototypeOf', '__defineGetter__', 'toLocaleString'])(
  '%s names no room, as every plain object knows it',
  (name) => {
    expect(findRoomId(name)).toBeUndefined()
  },
)

test.for([
  ['0123456789', true],
  ['constructor-2', true],
  ['a'.repeat(64), true],
  ['too-short', false],
  ['a'.repeat(65), false],
  ['with space', false],
  ['with/slash', false],
] as const)('%s may name a room: %s', ([name, may]) => {
  expect(findRoomId(name) !== undefined).toBe(may)
})
