import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { DEFAULT_STOP_MS, Lifecycle, type Part } from './lifecycle.ts'

const log = pino({ level: 'silent' })
const STOP_WITHIN_MS = 10_000

function recorder() {
  const events: string[] = []
  const part = (name: string, faults: { start?: boolean; stop?: boolean } = {}): Part => ({
    name,
    start: () => {
      if (faults.start) throw new Error(`${name} cannot start`)
      events.push(`+${name}`)
    },
    stop: () => {
      events.push(`-${name}`)
      if (faults.stop) throw new Error(`${name} cannot stop`)
    },
  })
  return { events, part }
}

/** A part that never stops by itself; `stopped` says whether it was asked to. */
function hanging(stopWithinMs: number) {
  const stop = vi.fn<() => Promise<void>>(() => new Promise(() => {}))
  return { name: 'hangs', stopWithinMs, stop }
}

async function started(parts: Part[], stopWithinMs = STOP_WITHIN_MS): Promise<Lifecycle> {
  const lifecycle = new Lifecycle(parts, log, stopWithinMs)
  await lifecycle.start()
  return lifecycle
}

test('parts start in order and stop in reverse, once', async () => {
  const { events, part } = recorder()
  const lifecycle = await started([part('store'), part('http')])
  expect(await Promise.all([lifecycle.stop(), lifecycle.stop()])).toEqual([true, true])
  expect(events).toEqual(['+store', '+http', '-http', '-store'])
})

test('when a part cannot start, those before it are stopped and its error is told', async () => {
  const { events, part } = recorder()
  const parts = [part('store'), part('http', { start: true })]
  await expect(started(parts)).rejects.toThrow('http cannot start')
  expect(events).toEqual(['+store', '-store'])
})

test('a part that fails to stop is not the end of stopping, but the stop was not clean', async () => {
  const { events, part } = recorder()
  const lifecycle = await started([part('store'), part('journal', { stop: true })])
  expect(await lifecycle.stop()).toBe(false)
  expect(events.slice(2)).toEqual(['-journal', '-store'])
})

test('a part that hangs is left behind, and the others still get all their time', async () => {
  const [http, sockets] = [hanging(20), hanging(20)]
  const drain = Promise.withResolvers<void>()
  let drained = false
  const journal: Part = {
    name: 'journal',
    stopWithinMs: 9_000,
    stop: async () => {
      // Later than all that the two before it were given: what they lost is not taken from here.
      setTimeout(() => drain.resolve(), 60)
      await drain.promise
      drained = true
    },
  }
  const { events, part } = recorder()
  const lifecycle = await started([part('store'), journal, sockets, http])
  expect(await lifecycle.stop()).toBe(false)
  expect([http.stop, sockets.stop].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
  expect(drained).toBe(true)
  expect(events).toEqual(['+store', '-store'])
})

test('a part that fails after it was left behind is only logged', async () => {
  const lines: string[] = []
  const failing = Promise.withResolvers<void>()
  const late: Part = { name: 'late', stopWithinMs: 5, stop: () => failing.promise }
  const lifecycle = new Lifecycle([late], pino({}, { write: (line: string) => lines.push(line) }), STOP_WITHIN_MS)
  await lifecycle.start()
  expect(await lifecycle.stop()).toBe(false)
  failing.reject(new Error('too late'))
  await vi.waitFor(() => expect(lines.at(-1)).toContain('too late'))
})

test('a part that says nothing has a small time of its own', async () => {
  expect(() => new Lifecycle([recorder().part('store')], log, DEFAULT_STOP_MS - 1)).toThrow(/store 500/)
  const hangs: Part = { name: 'hangs', stop: () => new Promise(() => {}) }
  const lifecycle = await started([hangs], DEFAULT_STOP_MS)
  expect(await lifecycle.stop()).toBe(false)
})

test('parts that may take more than there is are refused before anything starts, with what each takes', () => {
  const parts = [hanging(6_000), { ...hanging(4_001), name: 'journal' }, { name: 'has nothing to stop' }]
  expect(() => new Lifecycle(parts, log, STOP_WITHIN_MS)).toThrow(
    'the parts may take 10001 ms to stop, and there are 10000: hangs 6000, journal 4001',
  )
  expect(() => new Lifecycle([hanging(6_000), hanging(4_000)], log, STOP_WITHIN_MS)).not.toThrow()
})
