import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Lifecycle, type Part } from './lifecycle.ts'

const log = pino({ level: 'silent' })

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

test('parts start in order and stop in reverse, once', async () => {
  const { events, part } = recorder()
  const lifecycle = new Lifecycle([part('store'), part('http')], log)
  await lifecycle.start()
  expect(await Promise.all([lifecycle.stop(1000), lifecycle.stop(1000)])).toEqual([true, true])
  expect(events).toEqual(['+store', '+http', '-http', '-store'])
})

test('when a part cannot start, those before it are stopped and its error is told', async () => {
  const { events, part } = recorder()
  const lifecycle = new Lifecycle([part('store'), part('http', { start: true })], log)
  await expect(lifecycle.start()).rejects.toThrow('http cannot start')
  expect(events).toEqual(['+store', '-store'])
})

test('a part that fails to stop is not the end of stopping, but the stop was not clean', async () => {
  const { events, part } = recorder()
  const lifecycle = new Lifecycle([part('store'), part('journal', { stop: true })], log)
  await lifecycle.start()
  expect(await lifecycle.stop(1000)).toBe(false)
  expect(events.slice(2)).toEqual(['-journal', '-store'])
})

test('a part that hangs does not hold the process past the deadline', async () => {
  const lifecycle = new Lifecycle([{ name: 'hangs', stop: () => new Promise(() => {}) }], log)
  await lifecycle.start()
  expect(await lifecycle.stop(20)).toBe(false)
})
