import { serverAddress } from '@sketchroom/shared/api/server-address'
import * as Y from 'yjs'
import { beginningWith, openDeviceDatabase, STORES, type DeviceDatabase, type Place } from './device-database.ts'
import { removeRoom } from './device-space.ts'
import { countUnsent, moveRoom, readRoom } from './room-rows.ts'

/** One board as this device has it. */
export interface StoredRoomInfo {
  readonly roomId: string
  /** How many edits were made here that the server has not said to be durable. */
  readonly unsent: number
  /** How much it takes, about. */
  readonly bytes: number
  /** When it was last open here, in milliseconds since 1970. */
  readonly usedAt: number
}

/** Whose boards, and of which server (its http(s) address, with the path below which it lies). */
export interface StoredRoomsOptions {
  readonly serverUrl: string
  readonly person: string
}

/** The boards that this device stores for one person. Where storage is off there are none, and nothing rejects. */
export interface StoredRooms {
  list(): Promise<StoredRoomInfo[]>
  /** Calls with the list, now and when it changes in any tab, until the returned function is called. */
  watch(listener: (rooms: readonly StoredRoomInfo[]) => void): () => void
  /** The drawing as this device has it, unsent edits and all; an empty one of a room that is not stored. */
  read(roomId: string): Promise<Y.Doc>
  /**
   * Removes it from this device, unsent edits too. A session that is open in it, in any tab, is over: it stores and sends
   * nothing of what it had, and whoever holds it opens the board anew.
   */
  discard(roomId: string): Promise<void>
  /** Makes what is stored for another person this one's: a guest who has become an account, say. */
  takeOver(from: string): Promise<void>
}

const CHANNEL = 'sketchroom/2/stored'
/** A list that is asked for at each edit would be all that the device does. */
const WATCH_PAUSE_MS = 200

type StoredMessage = { readonly type: 'changed' } | { readonly type: 'discarded'; readonly place: Place }

/** The boards that this device stores for a person. */
export function storedRooms({ serverUrl, person }: StoredRoomsOptions): StoredRooms {
  const server = serverAddress(serverUrl)

  async function list(): Promise<StoredRoomInfo[]> {
    return withDatabase(server, [], async (database) => {
      const transaction = database.transaction(STORES)
      const rooms = await transaction.objectStore('rooms').getAll(beginningWith(server, person))
      const infos: StoredRoomInfo[] = []
      for (const room of rooms) {
        const { place, role, bytes, usedAt } = room
        const unsent = await countUnsent(transaction, room)
        // Opened without the server, when the device did not have it: it still has not.
        if (role === undefined && bytes === 0 && unsent === 0) continue
        infos.push({ roomId: place[2], unsent, bytes, usedAt })
      }
      return infos
    })
  }

  return {
    list,
    watch(listener) {
      let stopped = false
      let timer: ReturnType<typeof setTimeout> | undefined
      const tell = async () => {
        const rooms = await list()
        if (!stopped) listener(rooms)
      }
      const stopHearing = hear(() => {
        timer ??= setTimeout(() => {
          timer = undefined
          void tell()
        }, WATCH_PAUSE_MS)
      })
      void tell()
      return () => {
        stopped = true
        clearTimeout(timer)
        stopHearing()
      }
    },
    async read(roomId) {
      const doc = new Y.Doc()
      await withDatabase(
        server,
        undefined,
        async (database) => void (await readRoom(database, [server, person, roomId], doc)),
      )
      return doc
    },
    async discard(roomId) {
      const place: Place = [server, person, roomId]
      let isTold = false
      const tell = () => {
        if (!isTold) post({ type: 'discarded', place })
        isTold = true
      }
      // A session that is told later would write on; one that is begun anew earlier would find what goes.
      await withDatabase(server, undefined, (database) => removeRoom(database, place, tell))
      // Without storage, it is in the open sessions alone.
      tell()
      post({ type: 'changed' })
    },
    async takeOver(from) {
      if (from === person) return
      await withDatabase(server, undefined, async (database) => {
        for (const { place } of await database.getAll('rooms', beginningWith(server, from))) {
          await moveRoom(database, place, [server, person, place[2]])
        }
      })
      post({ type: 'changed' })
    },
  }
}

/** Tells all tabs that a list of stored rooms may have changed. */
export function tellRoomsChanged(): void {
  post({ type: 'changed' })
}

/** Calls when the room is discarded, in this tab or another, until the returned function is called. */
export function onDiscarded(place: Place, listener: () => void): () => void {
  return hear((message) => {
    if (message.type === 'discarded' && message.place.every((part, index) => part === place[index])) listener()
  })
}

async function withDatabase<T>(
  server: string,
  otherwise: T,
  work: (database: DeviceDatabase) => Promise<T>,
): Promise<T> {
  let database: DeviceDatabase | undefined
  try {
    database = await openDeviceDatabase(server)
    return await work(database)
  } catch {
    // Storage is off or broken: nothing is stored.
    return otherwise
  } finally {
    database?.close()
  }
}

/** Who in this tab wants to know; the other tabs are told by the channel. */
const listeners = new Set<(message: StoredMessage) => void>()
let channel: BroadcastChannel | undefined

function post(message: StoredMessage): void {
  for (const listener of listeners) listener(message)
  openChannel()?.postMessage(message)
}

function hear(listener: (message: StoredMessage) => void): () => void {
  listeners.add(listener)
  openChannel()
  return () => listeners.delete(listener)
}

/** Stays open as long as the tab. */
function openChannel(): BroadcastChannel | undefined {
  try {
    if (channel) return channel
    channel = new BroadcastChannel(CHANNEL)
    channel.addEventListener('message', ({ data }: MessageEvent<StoredMessage>) => {
      for (const listener of listeners) listener(data)
    })
    ;(channel as { unref?: () => void }).unref?.()
    return channel
  } catch {
    // Missing in old browsers, and it throws where storage is switched off: then no other tab has anything stored either.
    return undefined
  }
}
