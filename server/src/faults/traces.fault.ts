import { apiPath } from '@sketchroom/shared/api/paths'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { OtlpCollector, type ReceivedSpan } from '../testing/otlp-collector.ts'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts'
import { startTestRedis, type TestRedis } from '../testing/test-redis.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { Instance } from './instance.ts'

let postgres: TestPostgres
let redis: TestRedis
let collector: OtlpCollector
let databaseUrl: string
beforeAll(async () => {
  postgres = await startTestPostgres()
  redis = await startTestRedis()
})
afterAll(async () => {
  await redis.kill()
  await postgres.stop()
})
beforeEach(async () => {
  collector = await OtlpCollector.start()
  databaseUrl = await postgres.createDatabase()
})
afterEach(() => collector.close())

/** An instance that follows everything, or as `more` says. */
async function startInstance(more: Record<string, string> = {}): Promise<Instance> {
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'parentbased_always_on' }
  const instance = await Instance.start(databaseUrl, redis.url, { ...traces, ...more })
  onTestFinished(() => instance.remove())
  return instance
}

test('the path of one edit through two instances is one trace', async () => {
  const first = await startInstance({ OTEL_SERVICE_NAME: 'first' })
  const second = await startInstance({ OTEL_SERVICE_NAME: 'second' })
  const { roomId, editorToken, viewerToken } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, viewerToken)]
  await untilBothFollow(roomId)
  ada.write(ada.edit(setWord('secret plans')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['secret plans']))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect([await first.stop(), await second.stop()]).toEqual([0, 0])

  const [edit] = collector.spans.filter(({ name }) => name === 'edit')
  const trace = collector.spans.filter(({ traceId }) => traceId === edit?.traceId)
  expect(treeOf(trace)).toEqual([
    'edit (first)',
    '  bus.publish (first)',
    '    bus.receive (second)',
    '      room.deliver (second)',
    '  edit.apply (first)',
    '  journal.commit (first)',
    '  room.deliver (first)',
  ])
  expect(edit?.attributes).toMatchObject({
    'sketchroom.room.short_id': roomId.slice(0, 7),
    'sketchroom.edit.bytes': expect.any(Number),
  })
  for (const span of trace) {
    expect(span.error).toBeUndefined()
    expect(span.endNs).toBeGreaterThanOrEqual(span.startNs)
  }
  // It is over when it is acknowledged, which comes after the commit.
  const committed = trace.find(({ name }) => name === 'journal.commit')
  expect(edit?.endNs).toBeGreaterThanOrEqual(committed?.endNs as bigint)

  const joins = collector.spans.filter(({ name }) => name === 'room.join')
  expect(joins.map(({ resource }) => resource['service.name']).sort()).toEqual(['first', 'second'])
  const requests = collector.spans.filter(({ name }) => name.startsWith('POST '))
  expect(requests.map(({ attributes }) => attributes['http.route'])).toContain('/api/v1/rooms/:roomId/tokens')
  const told = JSON.stringify(collector.spans, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  for (const secret of ['secret', 'plans', roomId, editorToken, viewerToken]) expect(told).not.toContain(secret)
})

test('an instance that follows nothing hears and tells the same edits', async () => {
  const [first, second] = [await startInstance(), await startInstance({ OTEL_SDK_DISABLED: 'true' })]
  const { roomId, editorToken } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, editorToken)]
  ada.write(ada.edit(setWord('one')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['one']))
  bob.write(bob.edit(setWord('two')))
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['one', 'two']))
  expect([await first.stop(), await second.stop()]).toEqual([0, 0])
  // Not a warning: it has not come over the bus as something that cannot be read.
  expect([first.output, second.output]).toEqual(['', ''])
  expect(collector.spans.filter(({ name }) => name === 'bus.publish')).toHaveLength(1)
})

test('an edit that is refused, and a trace that a proxy brings, are in the traces as such', async () => {
  const instance = await startInstance({ TRUST_PROXY: '1' })
  const { roomId, ownerToken, viewerToken } = await openRoom(instance)
  const bob = await joinRoom(instance, roomId, viewerToken)
  bob.write(bob.edit(setWord('mine')))
  await vi.waitFor(() => expect(bob.answers).toEqual(['refused']))
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { authorization: `Bearer ${ownerToken}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` }
  await fetch(`http://127.0.0.1:${instance.port}${apiPath('room', { roomId })}`, { headers })
  await instance.stop()
  expect(collector.spans.find(({ name }) => name === 'edit')?.error).toBe('read_only')
  const joined = collector.spans.filter((span) => span.traceId === traceId)
  expect(joined).toMatchObject([{ name: 'GET /api/v1/rooms/:roomId', parentId: 'b7ad6b7169203331' }])
})

test('a trace that comes from anybody is not gone on with', async () => {
  const instance = await startInstance({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  await fetch(`http://127.0.0.1:${instance.port}/api/v1/auth`, { headers })
  await instance.stop()
  expect(collector.spans).toEqual([])
})

test('a collector that hangs holds up neither an edit nor the stop', async () => {
  collector.hang()
  const instance = await startInstance()
  const { roomId, editorToken } = await openRoom(instance)
  const ada = await joinRoom(instance, roomId, editorToken)
  ada.write(ada.edit(setWord('one')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  ada.terminate()
  // The exporter itself would wait for ten seconds.
  const startedAt = performance.now()
  expect(await instance.stop()).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(9_000)
  expect(collector.headers.length).toBeGreaterThan(0)
})

/** Resolves when both instances hear of a room over Redis: what is drawn before that comes from the database. */
async function untilBothFollow(roomId: string): Promise<void> {
  const client = new Redis(redis.url)
  onTestFinished(() => client.disconnect())
  await vi.waitFor(async () => {
    const channels = (await client.pubsub('CHANNELS', `*:${roomId}`)) as string[]
    expect(await client.pubsub('NUMSUB', ...channels)).toEqual([expect.any(String), 2])
  })
}

/** The spans of a trace as a tree, in the order of their names. */
function treeOf(spans: readonly ReceivedSpan[], parentId = '', indent = ''): string[] {
  const children = spans.filter((span) => span.parentId === parentId)
  return children
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, spanId, resource }) => [
      `${indent}${name} (${String(resource['service.name'])})`,
      ...treeOf(spans, spanId, `${indent}  `),
    ])
}
