import { mayDraw } from '@sketchroom/shared/roles'
import { hasElements } from '@sketchroom/shared/scene/document'
import { schemaState } from '@sketchroom/shared/scene/migrations'
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import type { GetToken } from './collab/get-token.ts'
import { createRoomSession, type RoomSession } from './collab/room-session.ts'

/** A session in a room, for as long as the component shows that room. */
export function useRoomSession(roomId: string, serverUrl: string, getToken: GetToken): RoomSession | undefined {
  const [session, setSession] = useState<RoomSession>()
  const askToken = useEffectEvent(getToken)
  useEffect(() => {
    const opened = createRoomSession({ roomId, serverUrl, getToken: (request) => askToken(request) })
    // A connection cannot be made while rendering: React renders more often than it shows.
    // oxlint-disable-next-line react/set-state-in-effect
    setSession(opened)
    return () => {
      setSession(undefined)
      void opened.close()
    }
  }, [roomId, serverUrl])
  return session
}

/** Whether the server, when it spoke last, let the person draw, and the board is one that we can write. */
export function useMayDraw(session: RoomSession | undefined): boolean {
  const subscribe = useCallback((listener: () => void) => session?.subscribe(listener) ?? (() => {}), [session])
  return useSyncExternalStore(subscribe, () => {
    if (!session?.role || session.status.kind === 'no-access') return false
    return mayDraw(session.role) && schemaState(session.doc) !== 'newer'
  })
}

/** Resolves when this device's drawing is loaded; when it has none, when the server's is, or is out of reach. */
export async function somethingToShow(session: RoomSession): Promise<void> {
  await session.localLoaded
  if (hasElements(session.doc)) return
  const { promise: outOfReach, resolve } = Promise.withResolvers<void>()
  const check = () => {
    if (session.status.kind !== 'connecting') resolve()
  }
  const unsubscribe = session.subscribe(check)
  check()
  await Promise.race([session.firstSync, outOfReach])
  unsubscribe()
}
