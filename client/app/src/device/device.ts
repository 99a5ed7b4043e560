import type { UserId } from '@sketchroom/shared/ids'
import { ApiError } from '../api/api-error.ts'
import { personOf } from '../session/session-state.ts'
import type { Session } from '../session/session.ts'
import { createValue, type Value } from '../session/value.ts'
import type { DeviceStorage } from './device-storage.ts'
import { findKnownUser } from './known-user.ts'
import type { listUnsent, openPersonDevice, PersonDevice } from './person-device.ts'

/** How many changes to each board that is stored here are unsent, by the board's id. */
export type StoredBoards = ReadonlyMap<string, number>

/** What this device has for whoever uses the app now; of anybody else nothing is read. */
export interface Device {
  /** Undefined while nobody is here, or while the code is on the way. */
  readonly boards: Value<PersonDevice | undefined>
  /** Undefined while that is not known. It is counted only while somebody listens: not while somebody draws. */
  readonly stored: Value<StoredBoards | undefined>
  /** The boards of a person, who need not be here now, with changes that the server does not have, and how many. */
  listUnsent(person: UserId): Promise<ReadonlyArray<{ readonly roomId: string; readonly unsent: number }>>
  /** Ends what is open, and resolves when nothing of it writes any more. The next person's is opened by itself. */
  close(): Promise<void>
}

/** What a device is made of. */
export interface DeviceParts {
  readonly session: Session
  readonly storage: DeviceStorage
  readonly serverUrl: string
  /** Loads the code. */
  readonly load: () => Promise<{
    readonly openPersonDevice: typeof openPersonDevice
    readonly listUnsent: typeof listUnsent
  }>
}

/** What could not be sent, because the server was away and the browser did not notice, is tried again so often. */
const SEND_EVERY_MS = 60_000

/** Follows who uses the app. What is unsent goes out when they are signed in, and when the network is back. */
export function createDevice({ session, storage, serverUrl, load }: DeviceParts): Device {
  const boards = createValue<PersonDevice | undefined>(undefined)
  const stored = createValue<StoredBoards | undefined>(undefined, watch)
  let person: string | undefined
  let closing: Promise<void> = Promise.resolve()
  let stopWatching = () => {}

  function become(next: PersonDevice | undefined): void {
    boards.set(next)
    watch()
  }

  function watch(): void {
    stopWatching()
    stored.set(undefined)
    const here = stored.isWatched() ? boards.get() : undefined
    const stop = here?.stored.watch((rooms) => {
      const next = new Map(rooms.map(({ roomId, unsent }) => [roomId, unsent]))
      const before = stored.get()
      const isSame = before?.size === next.size && [...next].every(([id, unsent]) => before.get(id) === unsent)
      if (!isSame) stored.set(next)
    })
    stopWatching = stop ?? (() => {})
  }

  function sendUnsent(): void {
    if (session.state.get().kind === 'signed-in') void boards.get()?.sessions.sendUnsent()
  }

  function close(): Promise<void> {
    person = undefined
    const last = boards.get()
    if (last) closing = Promise.all([closing, last.sessions.close()]).then(() => undefined)
    become(undefined)
    return closing
  }

  async function open(next: NonNullable<ReturnType<typeof personOf>>): Promise<void> {
    person = next.id
    // What the last person's sessions still store may be this one's to take over.
    const [code] = await Promise.all([load(), closing])
    const opened = await code.openPersonDevice({
      serverUrl,
      person: next.id,
      guests: findKnownUser(storage)?.guests ?? [],
      async getToken(request) {
        const token = await session.getToken(request)
        // What one person drew never goes out as somebody else's.
        if (personOf(session.state.get())?.id !== next.id)
          throw new ApiError('unauthenticated', 401, 'Somebody else is here.')
        return token
      },
    })
    // Somebody else may have come in the meantime.
    if (person !== next.id) return
    become(opened)
    sendUnsent()
  }

  function follow(): void {
    const next = personOf(session.state.get())
    if (next?.id === person) return sendUnsent()
    void close()
    if (next) {
      open(next).catch(() => {
        // The code could not be loaded, and is when the network is back.
        if (person === next.id) person = undefined
      })
    }
  }

  session.state.subscribe(follow)
  follow()
  window.addEventListener('online', follow)
  setInterval(sendUnsent, SEND_EVERY_MS)

  return {
    boards,
    stored,
    listUnsent: async (who) => (await load()).listUnsent(serverUrl, who),
    close,
  }
}
