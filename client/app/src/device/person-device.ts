import { createSessions, type Sessions } from '@sketchroom/canvas/collab/sessions.ts'
import { storedRooms, type StoredRoomInfo, type StoredRooms } from '@sketchroom/canvas/device/stored-rooms.ts'
import type { UserId } from '@sketchroom/shared/ids'

/** The boards of one person on this device. */
export interface PersonDevice {
  readonly sessions: Sessions
  readonly stored: StoredRooms
}

/** Whose device it is. */
export interface PersonDeviceOptions {
  readonly serverUrl: string
  readonly person: UserId
  /** Guests whose boards the person took over when they signed in: what this device has of them is the person's. */
  readonly guests: readonly UserId[]
  readonly getToken: (request: { readonly refused: boolean }) => Promise<string>
}

/** Opens what this device has for a person. Brings Yjs with it, so it is loaded when there is a person. */
export async function openPersonDevice(options: PersonDeviceOptions): Promise<PersonDevice> {
  const { serverUrl, person, guests, getToken } = options
  const stored = storedRooms({ serverUrl, person })
  // Each time, and not only at the sign-in: a tab that was closed in that moment may have left something.
  for (const guest of guests) await stored.takeOver(guest)
  const sessions = createSessions({
    serverUrl,
    storage: { person },
    getToken: (_, request) => getToken(request),
  })
  return { sessions, stored }
}

/** The boards of a person on this device with changes that the server does not have. */
export async function listUnsent(serverUrl: string, person: UserId): Promise<StoredRoomInfo[]> {
  return (await storedRooms({ serverUrl, person }).list()).filter(({ unsent }) => unsent > 0)
}
