import { Writable } from 'node:stream'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Journal } from '../../core/documents/journal.ts'
import type { UpdateRecord } from '../../ports/document-store.ts'
import type { Span } from '../../ports/tracing.ts'
import { aroundStore } from '../../testing/around-store.ts'
import { findFreePort } from '../../testing/free-port.ts'
import { OtlpCollector } from '../../testing/otlp-collector.ts'
import { MemoryDocumentStore } from '../memory/memory-document-store.ts'
import { SharedTraces } from '../redis/shared-traces.ts'
import { OtelTracing } from './otel-tracing.ts'
import type { SamplerName } from './sampling.ts'

const roomId = roomIdSchema.parse('a-room-to-be-followed')

let collector: OtlpCollector
let lines: string[]
beforeEach(async () => {
  collector = await OtlpCollector.start()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url)
  lines = []
})
afterEach(() => {
  vi.unstubAllEnvs()
  collector.close()
})

function startTracing(sampler: SamplerName = 'parentbased_always_on', ratio = 1): OtelTracing {
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  return new OtelTracing({ sampler, ratio }, pino(stream))
}

const recordOf = (span: Span | undefined): UpdateRecord => ({
  update: new Uint8Array(3),
  author: 'ada',
  at: 0,
  ranges: new Uint8Array(),
  crc: 0,
  span,
})

test('a commit of several edits is a part of the first, and linked with the others; an attempt that fails says so', async () => {
  const tracing = startTracing()
  let attempts = 0
  const store = aroundStore(new MemoryDocumentStore(), async (call, work) => {
    if (call === 'append') attempts += 1
    if (call === 'append' && attempts === 1) throw new TypeError('no such luck')
    return await work()
  })
  const journal = new Journal(store)
  const [first, second] = [tracing.begin('first'), tracing.begin('second')]
  for (const span of [first, undefined, second]) journal.append(roomId, recordOf(span))
  await vi.waitFor(() => expect(journal.pendingCount).toBe(0))
  first?.end()
  second?.end()
  await tracing.close()
  const named = (name: string) => collector.spans.filter((span) => span.name === name)
  const [one, two] = [named('first')[0], named('second')[0]]
  const commits = named('journal.commit')
  expect(commits.map(({ error, attributes }) => [attributes['sketchroom.attempt'], error])).toEqual([
    [1, 'TypeError'],
    [2, undefined],
  ])
  for (const { parentId, links } of commits) expect([parentId, links]).toEqual([one?.spanId, [two?.spanId]])
  expect(two?.links).toEqual(commits.map(({ spanId }) => spanId))
})

test('what is not followed is nothing, and what is followed elsewhere is followed here', async () => {
  const tracing = startTracing('parentbased_traceidratio', 0)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  expect(tracing.begin('edit')).toBeUndefined()
  expect(tracing.begin('edit', { traceparent: 'rubbish' })).toBeUndefined()
  expect(tracing.begin('edit', { traceparent: `00-${traceId}-b7ad6b7169203331-00` })).toBeUndefined()
  const span = tracing.begin('edit', { traceparent: `00-${traceId}-b7ad6b7169203331-01` })
  expect(span?.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  await tracing.close()
})

test('the trace of an edit goes with the commit that it was announced for, and with no other', async () => {
  const [here, there] = [startTracing(), startTracing()]
  const [told, hearing] = [new SharedTraces(here), new SharedTraces(there)]
  const updates = [recordOf(undefined), recordOf(here.begin('edit'))]
  const announced = told.announce({ roomId, firstSeq: 7, updates })
  hearing.heard('other', announced?.message as Uint8Array)
  const spansIn = (instance: string, firstSeq: number) =>
    hearing.follow(instance, roomId, { firstSeq, updates: updates.map(({ update }) => ({ update })) }).updates
  expect(spansIn('third', 7).some(({ span }) => span)).toBe(false)
  expect(spansIn('other', 8).some(({ span }) => span)).toBe(false)
  expect(spansIn('other', 7).map(({ span }) => span !== undefined)).toEqual([false, true])
  expect(spansIn('other', 7).some(({ span }) => span)).toBe(false)
  expect(told.announce({ roomId, firstSeq: 9, updates: [recordOf(undefined)] })).toBeUndefined()
  expect(() => hearing.heard('other', Buffer.from('{}'))).toThrow('roomId')
  await Promise.all([here.close(), there.close()])
})

test('a collector that is away is said in one warning', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${await findFreePort()}`)
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '100')
  const tracing = startTracing()
  for (let n = 0; n < 3_000; n++) tracing.begin('edit')?.end()
  await vi.waitFor(() => expect(lines.join('')).toContain('the collector takes no traces'))
  await tracing.close()
  expect(lines).toHaveLength(1)
})
