import { EventEmitter } from 'node:events'
import { roomIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import pino from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { EventBus } from '../core/events.ts'
import { AccessEpochs } from '../core/rooms/access-epochs.ts'
import type { Admission } from '../core/rooms/admission.ts'
import { SketchRoomError } from '../errors.ts'
import type { BusEvents, InstanceBus } from '../ports/instance-bus.ts'
import { AccessWatch } from './access-watch.ts'
import type { RoomHost } from './room-host.ts'

let events: EventBus
const bus = { heard: new EventEmitter<BusEvents>(), isUp: true }

/** Watches one session, of which `recheck` is asked; answers with what it was sent away for. */
function watchOne(recheck: () => Promise<unknown>): string[] {
  const left: string[] = []
  const session = {
    isIn: true,
    actor: { expiresAt: Infinity },
    user: { name: 'Ada' },
    room: { id: roomIdSchema.parse('a-room-of-ten') },
    leave: (code: string) => left.push(code),
    setStanding: () => undefined,
  }
  events = new EventBus()
  const watch = new AccessWatch({
    host: { sessions: () => [session] } as unknown as RoomHost,
    admission: { recheck } as unknown as Admission,
    epochs: new AccessEpochs(events),
    events,
    bus: bus as unknown as InstanceBus,
    hearsOthers: true,
    log: pino({ level: 'silent' }),
    now: () => 0,
  })
  onTestFinished(() => {
    watch.close()
    bus.heard.removeAllListeners()
  })
  return left
}

test('whoever could not be asked about when the other instances were heard again is asked about until there is an answer', async () => {
  let asked = 0
  const left = watchOne(async () => {
    asked += 1
    throw new SketchRoomError(asked < 3 ? 'store_unavailable' : 'forbidden', 'not now')
  })
  bus.heard.emit('up')
  await vi.waitFor(() => expect(left).toEqual(['forbidden']))
  expect(asked).toBe(3)
})

test('a removal that the database does after the instance which asked for it has died is noticed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  let isRemoved = false
  const left = watchOne(async () => {
    if (isRemoved) throw new SketchRoomError('forbidden', 'removed')
    return { role: 'editor', user: { name: 'Ada' } }
  })
  bus.heard.emit('left', 'another')
  await vi.advanceTimersByTimeAsync(29_000)
  expect(left).toEqual([])
  isRemoved = true
  await vi.advanceTimersByTimeAsync(5_000)
  expect(left).toEqual(['forbidden'])
})

test('a removal of which nothing was heard is noticed, whoever renames themselves while it is asked for', async () => {
  let asked = 0
  const left = watchOne(async () => {
    asked += 1
    if (asked === 1) events.emit('userRenamed', userIdSchema.parse('eve'), 'Eve again')
    throw new SketchRoomError('forbidden', 'removed')
  })
  bus.heard.emit('missed')
  await vi.waitFor(() => expect(left).toEqual(['forbidden']))
  expect(asked).toBe(2)
})
