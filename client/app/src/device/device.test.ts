import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SessionState } from '../session/session-state.ts'
import type { Session } from '../session/session.ts'
import { createValue, type OwnValue } from '../session/value.ts'
import { createDevice, type Device } from './device.ts'
import { createDeviceStorage } from './device-storage.ts'
import { memoryStorage } from './memory-storage.testing.ts'
import { user } from './user.testing.ts'
import type { openPersonDevice, PersonDevice, PersonDeviceOptions } from './person-device.ts'

let state: OwnValue<SessionState>
/** What happened on the device, in order. */
let events: string[]
let options: Map<string, PersonDeviceOptions>
let device: Device

/** So long it takes to store what is still waiting for it. */
const CLOSING_MS = 10

/** A device on which what is done is written down. */
const open: typeof openPersonDevice = async (given) => {
  options.set(given.person, given)
  events.push(`open ${given.person}`)
  return {
    sessions: {
      sendUnsent: async () => void events.push(`send ${given.person}`),
      async close() {
        await new Promise((resolve) => setTimeout(resolve, CLOSING_MS))
        events.push(`close ${given.person}`)
      },
    },
    stored: {
      watch(listener: (rooms: Array<{ roomId: string; unsent: number }>) => void) {
        events.push(`watch ${given.person}`)
        listener([{ roomId: `board-of-${given.person}`, unsent: 1 }])
        return () => events.push(`look away from ${given.person}`)
      },
    },
  } as unknown as PersonDevice
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', new EventTarget())
  events = []
  options = new Map()
  state = createValue<SessionState>({ kind: 'nobody' })
  device = createDevice({
    session: {
      state,
      getToken: async () => 'a token',
    } as unknown as Session,
    storage: createDeviceStorage(memoryStorage),
    serverUrl: 'https://draw.example',
    load: async () => ({ openPersonDevice: open, listUnsent: async () => [] }),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(CLOSING_MS)
}

test('while nobody is here, nothing is opened', async () => {
  await settle()
  expect(events).toEqual([])
})

test('what is unsent goes out when somebody has signed in, and when the network is back', async () => {
  state.set({ kind: 'starting', user: user('ada') })
  await settle()
  expect(events).toEqual(['open ada'])
  state.set({ kind: 'signed-in', user: user('ada') })
  await settle()
  expect(events).toEqual(['open ada', 'send ada'])
  window.dispatchEvent(new Event('online'))
  expect(events).toEqual(['open ada', 'send ada', 'send ada'])
})

test('what is unsent is tried again after a while, because a browser does not notice that a server is back', async () => {
  state.set({ kind: 'signed-in', user: user('ada') })
  await settle()
  events.length = 0
  await vi.advanceTimersByTimeAsync(60_000 - CLOSING_MS)
  expect(events).toEqual(['send ada'])
})

test('nothing goes out while the server does not know who is here', async () => {
  state.set({ kind: 'unreachable', user: user('ada') })
  await settle()
  window.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(events).toEqual(['open ada'])
})

test('the next person’s boards are opened when the last one’s are closed, and alone are shown', async () => {
  state.set({ kind: 'signed-in', user: user('ada') })
  await settle()
  device.stored.subscribe(() => {})
  expect([...(device.stored.get() ?? [])]).toEqual([['board-of-ada', 1]])
  events.length = 0
  state.set({ kind: 'signed-in', user: user('bob') })
  expect(device.stored.get()).toBeUndefined()
  await settle()
  expect(events).toEqual(['look away from ada', 'close ada', 'open bob', 'watch bob', 'send bob'])
  expect([...(device.stored.get() ?? [])]).toEqual([['board-of-bob', 1]])
})

test('what is stored is counted while somebody wants to know, and not while somebody draws', async () => {
  state.set({ kind: 'signed-in', user: user('ada') })
  await settle()
  events.length = 0
  const stops = [device.stored.subscribe(() => {}), device.stored.subscribe(() => {})]
  expect(events).toEqual(['watch ada'])
  for (const stop of stops) stop()
  expect(events).toEqual(['watch ada', 'look away from ada'])
})

test('what one person drew is not sent as somebody else’s: a session that is still open gets no token', async () => {
  state.set({ kind: 'signed-in', user: user('ada') })
  await settle()
  const ask = () => options.get('ada')?.getToken({ refused: false })
  expect(await ask()).toBe('a token')
  state.set({ kind: 'signed-in', user: user('bob') })
  await expect(ask()).rejects.toMatchObject({ code: 'unauthenticated' })
})
