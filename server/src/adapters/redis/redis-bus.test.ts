import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { Redis } from 'ioredis'
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

test('what an instance of another version says is said once, has its room read from the store, and hides nobody else', async () => {
  const redis = await startTestRedis()
  const warnings: string[] = []
  const output = new PassThrough().on('data', (line: Buffer) => warnings.push(JSON.parse(line.toString()).msg))
  const bus = new RedisBus({ url: redis.url, prefix: 'test', log: pino({ level: 'warn' }, output) })
  const client = new Redis(redis.url)
  onTestFinished(async () => {
    client.disconnect()
    await bus.close()
    await redis.kill()
  })
  const [missed, unread] = [vi.fn<() => void>(), vi.fn<(roomId: string) => void>()]
  bus.heard.on('missed', missed).on('unread', unread)
  const roomId = roomIdSchema.parse('a-room-of-ten')
  await bus.follow(roomId)
  await vi.waitFor(() => expect(bus.isUp).toBe(true))
  const say = (channel: string, message: Uint8Array) =>
    client.publish(channel, Buffer.concat([Buffer.of(5), Buffer.from('other'), message]))
  await say('test#instances', Buffer.from(JSON.stringify({ type: 'alive', notices: 0 })))
  for (const kind of [9, 10]) await say(`test:${roomId}`, Buffer.of(kind))
  await vi.waitFor(() => expect(unread.mock.calls).toEqual([[roomId], [roomId]]))
  expect([missed.mock.calls.length, warnings]).toEqual([0, ['a message of another instance could not be read']])
  await say('test#instances', Buffer.from('{}'))
  await vi.waitFor(() => expect(missed).toHaveBeenCalledOnce())

  const ada = { user: { id: 'ada', name: 'Ada', color: 'red' }, role: 'editor', isMember: true }
  await client.set(`test:${roomId}:stays:other`, JSON.stringify([ada, { ...ada, role: 'commenter' }]))
  expect(await bus.staysElsewhere([roomId])).toEqual(new Map([[roomId, [ada]]]))
})
