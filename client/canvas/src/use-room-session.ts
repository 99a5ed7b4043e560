import { mayDraw } from '@sketchroom/shared/roles'
import { hasElements } from '@sketchroom/shared/scene/document'
import { schemaState } from '@sketchroom/shared/scene/migrations'
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import type { RoomSession } from './collab/room-session.ts'
import { createSessions, type SessionLease, type Sessions, type SessionsOptions } from './collab/sessions.ts'

/** Whose session in which room. */
interface RoomSessionProps extends Pick<SessionsOptions, 'serverUrl' | 'storage'> {
  readonly room: string
  readonly getToken: (request: { readonly refused: boolean }) => Promise<string>
}

/** A session in a room for as long as the component shows that room, and then until all that was drawn is durable. */
export function useRoomSession({ room, serverUrl, getToken, storage }: RoomSessionProps): RoomSession | undefined {
  const [session, setSession] = useState<RoomSession>()
  const askToken = useEffectEvent(getToken)
  const person = storage === 'none' ? null : storage?.person
  useEffect(() => {
    const sessions: Sessions = createSessions({
      serverUrl,
      getToken: (_, request) => askToken(request),
      ...(person === null ? { storage: 'none' } : person !== undefined && { storage: { person } }),
    })
    let lease: SessionLease | undefined
    let isLeft = false
    const open = async () => {
      while (!isLeft) {
        lease = sessions.open(room)
        setSession(lease.session)
        await lease.session.discarded
        lease.release()
      }
    }
    // A connection cannot be made while rendering: React renders more often than it shows.
    // oxlint-disable-next-line react/set-state-in-effect
    void open()
    return () => {
      isLeft = true
      setSession(undefined)
      lease?.release()
    }
  }, [room, serverUrl, person])
  return session
}

/** Whether the server, when it spoke last, let the person draw, and the board is one that we can write. */
export function useMayDraw(session: RoomSession): boolean {
  const subscribe = useCallback((listener: () => void) => session.subscribe(listener), [session])
  return useSyncExternalStore(subscribe, () => {
    const { kind } = session.status
    if (!session.role || kind === 'no-access' || kind === 'not-here' || kind === 'outdated') return false
    return mayDraw(session.role) && schemaState(session.doc) !== 'newer'
  })
}

/** Resolves when this device's drawing is loaded; when it has no board, when the server's is, or it says why it is not. */
export async function somethingToShow(session: RoomSession): Promise<void> {
  await session.localLoaded
  if (hasElements(session.doc)) return
  const { promise: shownAsItIs, resolve } = Promise.withResolvers<void>()
  const check = () => {
    const { kind } = session.status
    if (kind !== 'connecting' && kind !== 'not-here') resolve()
  }
  const unsubscribe = session.subscribe(check)
  check()
  await Promise.race([session.firstSync, shownAsItIs])
  unsubscribe()
}
