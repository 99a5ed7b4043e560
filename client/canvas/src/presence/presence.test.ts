import { MAX_PRESENCE_BYTES, type Presence } from '@sketchroom/shared/presence'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { ManualClock } from '../binding/testing/manual-clock.ts'
import { findTokenUser } from './own-user.ts'
import { parsePresence } from './parse-presence.ts'
import { motionsOf, peopleOf, remotePeopleOf } from './people.ts'
import { RoomPresence } from './room-presence.ts'

const ada = { id: 'ada', name: 'Ada', color: '#e03131' }
const bob = { id: 'bob', name: 'Bob', color: '#2f9e44' }

function room() {
  const clock = new ManualClock()
  const awareness = new Awareness(new Y.Doc())
  let news = 0
  const presence = new RoomPresence(awareness, clock, () => news++)
  const hear = (clientId: number, state: Record<string, unknown> | undefined) => {
    if (state) awareness.states.set(clientId, state)
    else awareness.states.delete(clientId)
    awareness.emit('change', [{ added: [], updated: [clientId], removed: [] }, 'remote'])
  }
  return { clock, awareness, presence, hear, news: () => news }
}

test('what I do is published at most twenty times a second, the last of it always', () => {
  const { clock, awareness, presence } = room()
  let published = 0
  awareness.on('update', () => published++)
  for (let x = 0; x <= 100; x++) {
    presence.update({ pointer: { x, y: 0, tool: 'pointer', down: false }, selection: ['box'] })
    clock.advance(10)
  }
  clock.advance(100)
  expect(published).toBeGreaterThan(15)
  expect(published).toBeLessThanOrEqual(22)
  expect(awareness.getLocalState()).toEqual({
    pointer: { x: 100, y: 0, tool: 'pointer', down: false },
    selection: ['box'],
  })
  presence.update({ selection: undefined })
  clock.advance(100)
  expect(awareness.getLocalState()).not.toHaveProperty('selection')
  awareness.destroy()
})

test('what I do myself is no news to me; what others do is, twenty times a second', () => {
  const { clock, awareness, presence, hear, news } = room()
  presence.update({ activity: 'active' })
  expect(news()).toBe(0)
  for (let x = 0; x < 100; x++) {
    hear(7, { user: bob, pointer: { x, y: 0, tool: 'pointer', down: false } })
    clock.advance(10)
  }
  expect(news()).toBeGreaterThan(15)
  expect(news()).toBeLessThanOrEqual(21)
  expect(presence.others.get(7)?.pointer?.x).toBe(99)
  hear(7, undefined)
  expect(presence.others.has(7)).toBe(false)
  awareness.destroy()
})

test('a presence that the server would refuse goes without its largest parts', () => {
  const { clock, awareness, presence } = room()
  const long = Array.from({ length: 2_000 }, (_, i) => `element-${i}`)
  presence.update({ selection: long, activity: 'active' })
  clock.advance(100)
  expect(JSON.stringify(awareness.getLocalState()).length).toBeLessThan(MAX_PRESENCE_BYTES)
  expect(awareness.getLocalState()).toEqual({ activity: 'active' })
  awareness.destroy()
})

test('when I leave, my presence goes with me', () => {
  const { awareness, presence } = room()
  presence.update({ activity: 'active' })
  presence.destroy()
  expect(awareness.getLocalState()).toBeNull()
  awareness.destroy()
})

test('people are those with a name; who is away has no cursor; self comes first', () => {
  const pointer = { x: 1, y: 2, tool: 'pointer' as const, down: false }
  const others = new Map([
    [9, { user: bob, pointer, activity: 'away' as const }],
    [5, { pointer }],
    [3, { user: ada, pointer, selection: ['box'] }],
  ])
  expect(peopleOf(others, { clientId: 1, user: ada, activity: 'idle' }, 9)).toEqual([
    { clientId: 1, user: ada, isSelf: true, activity: 'idle', followed: false },
    { clientId: 3, user: ada, isSelf: false, activity: 'active', followed: false },
    { clientId: 9, user: bob, isSelf: false, activity: 'away', followed: true },
  ])
  expect(remotePeopleOf(others)).toEqual([
    { clientId: 9, name: 'Bob', color: '#2f9e44', pointer: undefined, selection: [], activity: 'away' },
    { clientId: 3, name: 'Ada', color: '#e03131', pointer, selection: ['box'], activity: 'active' },
  ])
})

test('of two who move the same element, the same one is believed in any order of arrival', () => {
  const one: [number, Presence] = [3, { motion: { box: { xy: [1, 1] } } }]
  const two: [number, Presence] = [9, { motion: { box: { xy: [2, 2] }, other: { angle: 1 } } }]
  const expected = new Map<string, unknown>([
    ['box', { xy: [2, 2] }],
    ['other', { angle: 1 }],
  ])
  expect(motionsOf(new Map([one, two]))).toEqual(expected)
  expect(motionsOf(new Map([two, one]))).toEqual(expected)
})

test('whatever a peer says of itself, what is taken is sound', () => {
  let runs = 0
  const hostile = fc.dictionary(
    fc.constantFrom('user', 'pointer', 'selection', 'viewport', 'motion', 'activity', '__proto__'),
    fc.anything(),
  )
  fc.assert(
    fc.property(fc.oneof(hostile, fc.anything()), (state) => {
      runs++
      const presence = parsePresence(state)
      expect(['active', 'idle', 'away', undefined]).toContain(presence.activity)
      expect(typeof (presence.user?.name ?? '')).toBe('string')
      expect(Number.isFinite(presence.pointer?.x ?? 0)).toBe(true)
      for (const motion of Object.values(presence.motion ?? {})) expect(motion).toBeTypeOf('object')
    }),
    { numRuns: 500 },
  )
  expect(runs).toBeGreaterThanOrEqual(500)
  expect(parsePresence({ user: { ...ada, color: 'url(x)' }, motion: { __proto__: { xy: 1 }, box: null } })).toEqual({
    motion: {},
  })
})

test('nobody is sent to a place that is none, and a name is as long as one can read', () => {
  const pointer = { x: 1, y: 2, tool: 'pointer', down: false }
  const viewport = { x: 0, y: 0, width: 800, height: 600, zoom: 1 }
  for (const hostile of [Number.NaN, Infinity, 1e308, -1e308, '1', null]) {
    expect(parsePresence({ pointer: { ...pointer, x: hostile } })).toEqual({})
    for (const key of ['x', 'y', 'width', 'height', 'zoom']) {
      expect(parsePresence({ viewport: { ...viewport, [key]: hostile } })).toEqual({})
    }
  }
  for (const width of [0, -5, 1e-300]) expect(parsePresence({ viewport: { ...viewport, width } })).toEqual({})
  const more = { payload: 'x'.repeat(10_000) }
  expect(parsePresence({ pointer: { ...pointer, ...more }, viewport: { ...viewport, ...more } })).toEqual({
    pointer,
    viewport,
  })
  expect(parsePresence({ user: { ...ada, name: 'x'.repeat(10_000) } }).user?.name).toHaveLength(120)
  expect(parsePresence({ user: { ...ada, id: 'x'.repeat(10_000) } })).toEqual({})
  const selection = Array.from({ length: 5_000 }, (_, i) => `e${i}`)
  expect(parsePresence({ selection }).selection).toHaveLength(500)
})

test('a token says who one is, and what is no token says nothing', () => {
  const payload = Buffer.from(JSON.stringify({ sub: 'ada', name: 'Ada Löve' })).toString('base64url')
  expect(findTokenUser(`x.${payload}.y`)).toMatchObject({
    id: 'ada',
    name: 'Ada Löve',
    color: expect.stringMatching(/^#/),
  })
  expect(findTokenUser('opaque')).toBeUndefined()
  expect(findTokenUser(`x.${Buffer.from('[]').toString('base64url')}.y`)).toBeUndefined()
})
