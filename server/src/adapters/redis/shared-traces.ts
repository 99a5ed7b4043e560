import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { z } from 'zod'
import type { SharedCommit } from '../../ports/instance-bus.ts'
import type { Span, Tracing } from '../../ports/tracing.ts'

const announcementSchema = z.object({
  roomId: roomIdSchema,
  firstSeq: z.number().int(),
  /** For each update that is followed, the `traceparent` by its place in the commit. */
  followed: z.record(z.coerce.number().int(), z.string()),
})

type Announcement = z.infer<typeof announcementSchema>

/**
 * Carries traces from one instance to another: before a commit with something that is followed, a message of its own, on a
 * channel of its own. In the commit itself there is no place for it that an instance of an older version would pass over. The
 * two come right after each other on one connection, so that of each instance only the newest announcement is kept.
 */
export class SharedTraces {
  readonly #tracing: Tracing
  readonly #announced = new Map<string, Announcement>()

  constructor(tracing: Tracing) {
    this.#tracing = tracing
  }

  /** Begins the spans in which a commit goes to other instances; what is to be said before it, and to be called when it has gone. */
  announce({
    roomId,
    firstSeq,
    updates,
  }: SharedCommit): { message: Uint8Array; gone: (hearers: number) => void } | undefined {
    const followed: Record<number, string> = {}
    const spans: Span[] = []
    for (const [place, { span }] of updates.entries()) {
      const published = span?.begin('bus.publish', { kind: 'producer' })
      if (!published) continue
      spans.push(published)
      followed[place] = published.traceparent
    }
    if (spans.length === 0) return undefined
    const announcement: Announcement = { roomId, firstSeq, followed }
    const gone = (hearers: number): void => {
      for (const span of spans) {
        // This instance is one of them; what is not a number was not sent.
        if (!Number.isNaN(hearers)) span.set({ 'sketchroom.instances': Math.max(0, hearers - 1) })
        span.end(Number.isNaN(hearers) ? 'not_published' : undefined)
      }
    }
    return { message: Buffer.from(JSON.stringify(announcement)), gone }
  }

  /** Another instance says what is followed in its next commit. Throws when the bytes say nothing of the kind. */
  heard(instance: string, message: Uint8Array): void {
    this.#announced.set(instance, announcementSchema.parse(JSON.parse(Buffer.from(message).toString())))
  }

  /** A commit of another instance as it came, and with the spans in which it goes on here. */
  follow(instance: string, roomId: RoomId, commit: Omit<SharedCommit, 'roomId'>): Omit<SharedCommit, 'roomId'> {
    const announcement = this.#announced.get(instance)
    if (announcement?.roomId !== roomId || announcement.firstSeq !== commit.firstSeq) return commit
    this.#announced.delete(instance)
    const updates = commit.updates.map((update, place) => {
      const traceparent = announcement.followed[place]
      if (traceparent === undefined) return update
      return { ...update, span: this.#tracing.begin('bus.receive', { kind: 'consumer', traceparent }) }
    })
    return { ...commit, updates }
  }

  /** Nothing is heard of an instance any more. */
  left(instance: string): void {
    this.#announced.delete(instance)
  }
}
