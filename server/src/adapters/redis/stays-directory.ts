import type { RoomId } from '@sketchroom/shared/ids'
import { roleSchema } from '@sketchroom/shared/roles'
import { z } from 'zod'
import { STAYS_LAST_MS, type SharedStay } from '../../ports/instance-bus.ts'

/** What of a Redis client the directory uses. */
export interface StaysClient {
  set(key: string, value: string, unit: 'PX', lastsMs: number): Promise<unknown>
  del(key: string): Promise<unknown>
  mget(keys: string[]): Promise<Array<string | null>>
}

const stayListSchema = z.array(z.unknown())
const staySchema: z.ZodType<SharedStay> = z.object({
  user: z.object({ id: z.string(), name: z.string(), color: z.string() }),
  role: roleSchema,
  isMember: z.boolean(),
})

/** What another version says in another way is left out, and nobody else for it. */
function readStays(value: string): SharedStay[] {
  return stayListSchema.parse(JSON.parse(value)).flatMap((each) => staySchema.safeParse(each).data ?? [])
}

/** Who stays in which room, in Redis: a key for each room and instance, which goes by itself when the instance is killed. */
export class StaysDirectory {
  readonly #client: StaysClient
  readonly #prefix: string

  constructor(client: StaysClient, prefix: string) {
    this.#client = client
    this.#prefix = prefix
  }

  /** Notes who stays in a room on an instance. */
  async put(roomId: RoomId, instance: string, stays: readonly SharedStay[]): Promise<void> {
    const key = this.#keyOf(roomId, instance)
    if (stays.length === 0) await this.#client.del(key)
    else await this.#client.set(key, JSON.stringify(stays), 'PX', STAYS_LAST_MS)
  }

  /** Who stays in these rooms on these instances; rejects when Redis does not answer. */
  async find(roomIds: readonly RoomId[], instances: readonly string[]): Promise<Map<RoomId, SharedStay[]>> {
    const pairs = roomIds.flatMap((roomId) => instances.map((instance) => ({ roomId, instance })))
    const found = new Map<RoomId, SharedStay[]>()
    if (pairs.length === 0) return found
    const values = await this.#client.mget(pairs.map(({ roomId, instance }) => this.#keyOf(roomId, instance)))
    for (const [index, { roomId }] of pairs.entries()) {
      const value = values[index]
      if (value) found.set(roomId, [...(found.get(roomId) ?? []), ...readStays(value)])
    }
    return found
  }

  #keyOf(roomId: RoomId, instance: string): string {
    return `${this.#prefix}:${roomId}:stays:${instance}`
  }
}
