import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HangWatch } from './hang-watch.ts'

function startWatch() {
  const ended: string[] = []
  const watch = new HangWatch<string>({
    limitMs: 200,
    log: pino({ level: 'silent' }),
    onEnded: (work) => ended.push(work),
  })
  onTestFinished(() => watch.close())
  return { watch, ended }
}

const forEver = () => {
  for (;;);
}

test('what hangs is ended, again and again, and what comes after it is done', async () => {
  const { watch, ended } = startWatch()
  const settled: string[] = []
  for (const name of ['first', 'second']) {
    void watch.turn(name, forEver).finally(() => settled.push(name))
    const after = watch.turn('after', () => 7)
    let hasTicked = false
    process.nextTick(() => (hasTicked = true))
    await vi.waitFor(() => expect(ended.at(-1)).toBe(name), { timeout: 20_000 })
    expect(await after).toBe(7)
    expect(hasTicked).toBe(true)
  }
  expect([ended, settled]).toEqual([['first', 'second'], []])
})

test('a hang within what is watched ends the whole; what fails, or ends by itself, is left alone', async () => {
  const { watch, ended } = startWatch()
  void watch.turn('outer', () => watch.run('inner', forEver))
  await vi.waitFor(() => expect(ended).toEqual(['outer']), { timeout: 20_000 })
  const failing = watch.turn('fails', () => {
    throw new Error('by itself')
  })
  await expect(failing).rejects.toThrow('by itself')
  await wait(600)
  expect(ended).toEqual(['outer'])
})

test('what comes to its end in the very moment is not mistaken for what comes next', { timeout: 60_000 }, async () => {
  const { watch, ended } = startWatch()
  let through = 0
  for (let n = 0; n < 6; n++) {
    const closeMs = 190 + n * 6
    void watch.turn('close', () => {
      for (const until = performance.now() + closeMs; performance.now() < until;);
    })
    // Not ended in its place, whatever was decided of the other.
    const sum = watch.turn('next', () => {
      let result = 0
      for (let term = 0; term < 3_000_000; term++) result += term
      return result
    })
    expect(await sum).toBeGreaterThan(0)
    through += 1
  }
  expect(through).toBe(6)
  expect(ended.every((name) => name === 'close')).toBe(true)
})

test('what other threads do meanwhile does not count', async () => {
  const { watch, ended } = startWatch()
  const other = new Worker('for (;;);', { eval: true })
  onTestFinished(async () => void (await other.terminate()))
  await watch.turn('waits', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000))
  expect(ended).toEqual([])
})

test('between two turns, others are served', async () => {
  const { watch } = startWatch()
  const order: string[] = []
  const chained = async (left: number): Promise<void> => {
    if (left > 0) await watch.turn('chained', () => order.push('chained')).then(() => chained(left - 1))
  }
  setImmediate(() => setImmediate(() => setImmediate(() => order.push('others'))))
  await chained(20)
  expect(order.indexOf('others')).toBeLessThan(10)
})

test('the data of a socket is what the event loop calls for, and not what follows from it', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  const called = new Map<string, boolean>()
  server.on('connection', (socket) => {
    socket.once('data', () => {
      called.set('data', HangWatch.isCalledFor(socket))
      process.nextTick(() => called.set('tick', HangWatch.isCalledFor(socket)))
      queueMicrotask(() => called.set('reaction', HangWatch.isCalledFor(socket)))
      setImmediate(() => called.set('immediate', HangWatch.isCalledFor(socket)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  client.write('data')
  await vi.waitFor(() => expect(called.size).toBe(4))
  expect(Object.fromEntries(called)).toEqual({ data: true, tick: false, reaction: false, immediate: false })
})
