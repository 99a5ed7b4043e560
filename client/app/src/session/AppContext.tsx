import { createContext, useContext, useSyncExternalStore } from 'react'
import type { RoomsApi } from '../api/rooms.ts'
import type { Device, StoredBoards } from '../device/device.ts'
import type { PersonDevice } from '../device/person-device.ts'
import type { DeviceStorage } from '../device/device-storage.ts'
import type { AppUpdate } from '../update/app-update.ts'
import type { SessionState } from './session-state.ts'
import type { Session } from './session.ts'
import { createValue, type Value } from './value.ts'

/** What the pages are built from; made once in `main.tsx`. */
export interface AppParts {
  /** The server's address, as `serverAddress` gives it. */
  readonly serverUrl: string
  readonly session: Session
  readonly rooms: RoomsApi
  readonly storage: DeviceStorage
  readonly device: Device
  readonly update: AppUpdate
}

/** Carries the parts to the pages. */
export const AppContext = createContext<AppParts | undefined>(undefined)

/** The parts of the app. */
export function useApp(): AppParts {
  const parts = useContext(AppContext)
  if (!parts) throw new Error('a page needs <AppContext> around it')
  return parts
}

const UNKNOWN = createValue<StoredBoards | undefined>(undefined)

/** What a value is now; renders again when it changes. */
export function useValue<Content>({ subscribe, get }: Value<Content>): Content {
  return useSyncExternalStore(subscribe, get)
}

/** Who uses the app now; renders again when that changes. */
export function useSessionState(): SessionState {
  return useValue(useApp().session.state)
}

/** What this device has for whoever uses the app now; renders again when that is somebody else. */
export function usePersonDevice(): PersonDevice | undefined {
  return useValue(useApp().device.boards)
}

/** What is stored on this device and unsent; renders again when that changes. Only while it is wanted. */
export function useStoredBoards(isWanted = true): StoredBoards | undefined {
  const { device } = useApp()
  return useValue(isWanted ? device.stored : UNKNOWN)
}
