import { userIdSchema } from '@sketchroom/shared/ids'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { BlockRecord } from '../../ports/block-store.ts'
import { EventBus } from '../events.ts'
import { AddressBlocks } from './address-blocks.ts'

const ada = userIdSchema.parse('ada')
const from = { ip: '198.51.100.9', isBehindUnknownProxy: false }
const request = (network: string) => ({ network, reason: 'It floods us.', until: null })

/** Blocks over an array, whose reading waits for `gate`. */
function startBlocks(records: BlockRecord[] = []) {
  let gate = () => Promise.resolve()
  const store = {
    async listBlocks() {
      const found = [...records]
      await gate()
      return found
    },
    async putBlock(block: BlockRecord) {
      records.push(block)
      return block
    },
    async removeBlock(id: string) {
      const at = records.findIndex((block) => block.id === id)
      return records.splice(at, 1)[0]
    },
  }
  const events = new EventBus()
  const blocks = new AddressBlocks({ store, events, log: pino({ level: 'silent' }), now: () => 1_000 })
  onTestFinished(() => blocks.close())
  return { blocks, events, hold: (until: () => Promise<void>) => (gate = until) }
}

test('a block holds when it is answered, though an older look at the store is answered late', async () => {
  const { blocks, events, hold } = startBlocks()
  const late = Promise.withResolvers<void>()
  hold(() => late.promise)
  // Another instance has changed something: what the store had then is on its way.
  events.emit('addressBlocksChanged')
  const blocking = blocks.block(request('203.0.113.7'), ada, from)
  await Promise.resolve()
  late.resolve()
  await blocking
  expect(blocks.isBlocked('203.0.113.7')).toBe(true)
  expect(blocks.isBlocked('203.0.113.8')).toBe(false)
})

test('while a proxy in front is not believed, nothing can be blocked: everybody comes from its address', async () => {
  const { blocks } = startBlocks()
  const behind = { ip: '10.0.0.2', isBehindUnknownProxy: true }
  await expect(blocks.block(request('203.0.113.7'), ada, behind)).rejects.toMatchObject({
    code: 'invalid_request',
    fields: [{ pointer: '/network', detail: expect.stringContaining('TRUST_PROXY is 0') }],
  })
  expect(blocks.records).toEqual([])
})

test('there are at most 1,000, and one of them can still be changed', async () => {
  const known = Array.from({ length: 1_000 }, (_, n) => {
    const network = `203.0.${n >> 8}.${n & 255}/32`
    return { id: `${n}`, network, reason: 'x', createdAt: 1, createdBy: ada, until: null }
  })
  const { blocks } = startBlocks(known)
  await blocks.start()
  expect(blocks.isBlocked('203.0.3.231')).toBe(true)
  await expect(blocks.block(request('192.0.2.1'), ada, from)).rejects.toMatchObject({ code: 'quota_exceeded' })
  expect(await blocks.block(request('203.0.1.1'), ada, from)).toMatchObject({ network: '203.0.1.1/32' })
})
