import { userIdSchema } from '@sketchroom/shared/ids'
import { expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { checkPlace } from './room-places.ts'

const stay = (id: string, role: 'viewer' | 'editor' | 'owner' = 'viewer', isMember = true) => ({
  user: { id: userIdSchema.parse(id), name: id, color: '#123456' },
  role,
  isMember,
})
const { places } = parseConfig({}).clientLimits
const many = <T>(count: number, each: (n: number) => T) => Array.from({ length: count }, (_, n) => each(n))

test('three hundred users of an app that owns the board, with a tab or two each, find a place', () => {
  const present = many(459, (n) => stay(`app:user-${n % 300}`, 'editor'))
  expect(() => checkPlace(stay('app:user-299', 'editor'), present, places)).not.toThrow()
})

test('whoever has a board open as often as they may is told so, and nobody else is', () => {
  const present = many(32, () => stay('eve', 'editor'))
  expect(() => checkPlace(stay('eve', 'editor'), present, places)).toThrow('as often as you may')
  expect(() => checkPlace(stay('bob', 'editor'), present, places)).not.toThrow()
})

test('of the places, some are the members’ alone, and some of these the owners’', () => {
  const visitors = many(400, (n) => stay(`guest-${n}`, 'editor', false))
  const members = many(60, (n) => stay(`member-${n}`, 'editor'))
  const crowded = 'as many people'
  expect(() => checkPlace(stay('more', 'editor', false), visitors, places)).toThrow(crowded)
  expect(() => checkPlace(stay('more', 'editor'), visitors, places)).not.toThrow()
  expect(() => checkPlace(stay('more', 'editor'), [...visitors, ...members], places)).toThrow(crowded)
  const owners = many(40, (n) => stay(`owner-${n}`, 'owner'))
  expect(() => checkPlace(stay('more', 'owner'), [...visitors, ...members], places)).not.toThrow()
  expect(() => checkPlace(stay('more', 'owner'), [...visitors, ...members, ...owners], places)).toThrow(crowded)
})
