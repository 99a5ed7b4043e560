import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestRedis } from '../../testing/test-redis.ts'
import { RedisBus } from './redis-bus.ts'

test('a Redis that is away at the start is said once, with the reason, and when it is there', async () => {
  const redis = await startTestRedis({ isUp: false })
  const lines: Array<{ msg: string; level: number; err?: { message: string } }> = []
  const output = new PassThrough().on('data', (line: Buffer) => lines.push(JSON.parse(line.toString())))
  const bus = new RedisBus({ url: redis.url, prefix: 'test', log: pino({ level: 'info' }, output) })
  onTestFinished(async () => {
    await bus.close()
    await redis.kill()
  })
  await vi.waitFor(() => expect(lines).not.toEqual([]), 10_000)
  // Several attempts further.
  await wait(500)
  expect(lines).toEqual([expect.objectContaining({ level: 40, msg: expect.stringMatching(/^Redis is away/) })])
  expect(lines[0]?.err?.message).toContain('ECONNREFUSED')
  await redis.restart()
  await vi.waitFor(() => expect(lines.at(-1)?.msg).toMatch(/^connected/), 10_000)
  await redis.kill()
  await vi.waitFor(() => expect(lines.at(-1)?.msg).toMatch(/^Redis is away/), 10_000)
  expect(lines).toHaveLength(3)
})
