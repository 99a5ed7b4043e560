import { serverAddress } from '@sketchroom/shared/api/server-address'
import { storedRooms } from '../device/stored-rooms.ts'
import type { DeviceStorage } from '../device/room-on-device.ts'
import { createRoomSession, type RoomSession } from './room-session.ts'
import type { SavingStatus } from './saving-status.ts'

/** So long a session that nobody looks at goes on trying to send what is unsent; it is stored all the same. */
const LINGER_MS = 60_000

/** What the sessions of a page have in common. */
export interface SessionsOptions {
  /** Where the server is: its http(s) address, with the path below which it lies. */
  readonly serverUrl: string
  /** As for one session, with the room's id. */
  readonly getToken: (roomId: string, request: { readonly refused: boolean }) => Promise<string>
  /** As for one session. Only with a person is there something that `sendUnsent` could find. */
  readonly storage?: DeviceStorage | undefined
}

/** Somebody's use of a session. When that is discarded, it is over, and opening the room again gives another. */
export interface SessionLease {
  readonly session: RoomSession
  /** Says that it is not looked at any more. */
  release(): void
}

/** The sessions of a page, one for each room. They outlive who looks at them, until all that was drawn is durable. */
export interface Sessions {
  /** Opens the room's session, or joins it where it still is. */
  open(roomId: string): SessionLease
  /**
   * Sends what this device stores and the server does not have, board after board. Resolves when each of them is durable, or
   * cannot be made so now.
   */
  sendUnsent(): Promise<void>
  /** Ends the room's session, and removes from this device all that it has of the room. */
  discard(roomId: string): Promise<void>
  /** Ends all of them. */
  close(): Promise<void>
}

interface LiveSession {
  readonly session: RoomSession
  leases: number
  stopLingering: (() => void) | undefined
}

/** Keeps the sessions of a page. */
export function createSessions({ serverUrl, getToken, storage }: SessionsOptions): Sessions {
  const live = new Map<string, LiveSession>()
  let sending: Promise<void> | undefined

  function lease(roomId: string, isUnseen: boolean): SessionLease {
    const known = live.get(roomId)
    const entry = known ?? {
      session: createRoomSession({
        roomId,
        serverUrl,
        getToken: (request) => getToken(roomId, request),
        storage,
        isUnseen,
      }),
      leases: 0,
      stopLingering: undefined,
    }
    live.set(roomId, entry)
    if (!known) void forgetWhenDiscarded(roomId, entry)
    entry.stopLingering?.()
    entry.stopLingering = undefined
    entry.leases += 1
    const { awareness } = entry.session
    if (!isUnseen && awareness.getLocalState() === null) awareness.setLocalState({})
    let isReleased = false
    return {
      session: entry.session,
      release() {
        if (isReleased) return
        isReleased = true
        entry.leases -= 1
        if (entry.leases === 0 && live.get(roomId) === entry) linger(roomId, entry)
      },
    }
  }

  /** Before whoever holds it hears of it, so that they open another. */
  async function forgetWhenDiscarded(roomId: string, entry: LiveSession): Promise<void> {
    await entry.session.discarded
    entry.stopLingering?.()
    if (live.get(roomId) === entry) live.delete(roomId)
    await entry.session.close()
  }

  function linger(roomId: string, entry: LiveSession): void {
    const { awareness } = entry.session
    if (awareness.getLocalState() !== null) awareness.setLocalState(null)
    const end = () => {
      entry.stopLingering = undefined
      live.delete(roomId)
      void entry.session.close()
    }
    entry.stopLingering = whenDone(entry.session, end)
  }

  async function sendAll(): Promise<void> {
    if (!storage || storage === 'none') return
    const rooms = await storedRooms({ serverUrl, person: storage.person }).list()
    for (const { roomId, unsent } of rooms) {
      // An open one sees to it itself.
      if (unsent === 0 || live.has(roomId)) continue
      const unseen = lease(roomId, true)
      await new Promise<void>((resolve) => void whenDone(unseen.session, resolve, isOutOfReach))
      unseen.release()
    }
  }

  return {
    open: (roomId) => lease(roomId, false),
    sendUnsent() {
      sending ??= inOneTab(serverUrl, sendAll).finally(() => (sending = undefined))
      return sending
    },
    async discard(roomId) {
      const entry = live.get(roomId)
      live.delete(roomId)
      entry?.stopLingering?.()
      const person = storage && storage !== 'none' ? storage.person : undefined
      if (person) await storedRooms({ serverUrl, person }).discard(roomId)
      await entry?.session.close()
    },
    async close() {
      const all = [...live.values()]
      live.clear()
      for (const { stopLingering } of all) stopLingering?.()
      await Promise.all(all.map(({ session }) => session.close()))
    },
  }
}

/** Whoever sends in the background comes back later. */
function isOutOfReach({ kind }: SavingStatus): boolean {
  return kind === 'offline' || kind === 'not-here' || kind === 'store-failing' || kind === 'crowded'
}

/** Calls when nothing is left to send, or nothing can be, or it has taken long. Returns what calls it off. */
function whenDone(
  session: RoomSession,
  done: () => void,
  isHopeless: (status: SavingStatus) => boolean = () => false,
): () => void {
  let isOver = false
  const stop = () => {
    isOver = true
    unsubscribe()
    clearTimeout(timer)
  }
  const end = () => {
    if (isOver) return
    stop()
    done()
  }
  let isLoaded = false
  const check = () => {
    const { status } = session
    const isRefused =
      status.kind === 'no-access' ||
      status.kind === 'read-only' ||
      status.kind === 'refused' ||
      status.kind === 'outdated'
    const isStuck = isRefused || isHopeless(status)
    if (isStuck || (isLoaded && (status.kind === 'saved' || status.unsent === 0))) end()
  }
  const unsubscribe = session.subscribe(check)
  const timer = setTimeout(end, LINGER_MS)
  const checkWhenLoaded = async () => {
    await session.localLoaded
    isLoaded = true
    check()
  }
  void checkWhenLoaded()
  void session.discarded.then(end)
  return stop
}

/** Other tabs would send the same. */
async function inOneTab(serverUrl: string, work: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  // Missing on plain http: then they do, and the server takes it once.
  if (!locks) return work()
  await locks.request(`sketchroom/send-unsent ${serverAddress(serverUrl)}`, { ifAvailable: true }, async (lock) => {
    if (lock) await work()
  })
}
