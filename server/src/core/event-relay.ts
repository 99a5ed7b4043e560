import type { EventEmitter } from 'node:events'
import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { z } from 'zod'
import type { InstanceBus } from '../ports/instance-bus.ts'
import type { EventBus, Events } from './events.ts'

/** What each event is told with. JSON has no `undefined`. */
const ARGUMENTS: { readonly [Name in keyof Events]: z.ZodType<Events[Name]> } = {
  accessChanged: z.tuple([roomIdSchema, userIdSchema.nullish().transform((userId) => userId ?? undefined)]),
  memberLeft: z.tuple([roomIdSchema, userIdSchema]),
  guestTakenOver: z.tuple([userIdSchema, userIdSchema]),
  roomDeleted: z.tuple([roomIdSchema]),
  sessionRevoked: z.tuple([sessionIdSchema]),
  userRenamed: z.tuple([userIdSchema, z.string()]),
  addressBlocksChanged: z.tuple([]),
}
const noticeSchema = z.object({
  event: z.enum(Object.keys(ARGUMENTS) as [keyof Events, ...Array<keyof Events>]),
  arguments: z.array(z.unknown()),
})

/**
 * Tells the other instances what happened here to people and rooms, and says here what happened there. Who may
 * do what is asked anew by `AccessWatch` when something may have been lost on the way. What else is lost does little: whoever left by
 * themselves stays where the link lets them, and what a guest has not sent as they became an account is refused.
 */
export function relayEvents(events: EventBus, bus: InstanceBus): void {
  // Their names are those of the table; what each is told with is what the table says.
  const all: EventEmitter = events
  let isRepeating = false

  for (const event of Object.keys(ARGUMENTS)) {
    all.on(event, (...told) => {
      if (!isRepeating) bus.notify({ event, arguments: told })
    })
  }
  bus.heard.on('notice', (notice) => {
    const { event, arguments: told } = noticeSchema.parse(notice)
    const checked: readonly unknown[] = ARGUMENTS[event].parse(told)
    isRepeating = true
    try {
      all.emit(event, ...checked)
    } finally {
      isRepeating = false
    }
  })
}
