import { useCallback, useEffect, useRef, useState } from 'react'
import type { GetToken } from '@sketchroom/canvas'
import type { Room } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { ApiError, OfflineError } from '../api/api-error.ts'
import { findKnownRoom, forgetKnownRoom, keepKnownRooms, updateKnownRoom } from '../device/known-rooms.ts'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { useRefresh } from '../ui/use-refresh.ts'
import { type Board, closeBoard, isAskedAgain, missAnswer } from './board-state.ts'
import { closedReason, type ClosedReason } from './closed-reason.ts'

const REFRESH_MS = 30_000

/**
 * Opens a board: at once if this device knows it, and as the server describes it when it answers. A
 * first-time visitor becomes a guest on the way.
 */
export function useBoard(roomId: RoomId) {
  const { session, rooms, storage } = useApp()
  const sessionState = useSessionState()
  const [state, setState] = useState<Board>(() => {
    const known = findKnownRoom(storage, roomId)
    return known?.opened ? { kind: 'open', board: { ...known, access: undefined } } : { kind: 'opening' }
  })
  /** Once in, a lost sign-in is said, not papered over with a new guest. */
  const entered = useRef(false)
  const [wasSignedIn, setWasSignedIn] = useState(false)
  if (sessionState.kind === 'signed-in' && !wasSignedIn) setWasSignedIn(true)

  const getToken = useCallback<GetToken>(
    async (request) => {
      try {
        if (!entered.current) await session.ensure()
        entered.current = true
        return await session.getToken(request)
      } catch (error) {
        // For the canvas a code means that access is gone for good; a server in trouble only has to be asked again.
        throw error instanceof ApiError && isPassing(error) ? new OfflineError(error) : error
      }
    },
    [session],
  )

  const adopt = useCallback(
    (room: Room) => {
      keepKnownRooms(storage, [room])
      updateKnownRoom(storage, roomId, { opened: true })
      setState({ kind: 'open', board: room })
    },
    [storage, roomId],
  )

  const close = useCallback(
    (reason: ClosedReason, role?: Role) => {
      const known = findKnownRoom(storage, roomId)
      // Unsent changes keep a board known: signing out must warn of them.
      if (reason.kind === 'not-found' && known?.pending === 0) forgetKnownRoom(storage, roomId)
      setState((last) => closeBoard(last, reason, role))
    },
    [storage, roomId],
  )

  /** Counts the changes made here, so that an answer from before one does not undo it. */
  const changesMade = useRef(0)

  /** Asks the server; resolves with what to do about its answer. */
  const ask = useCallback(
    async (signal?: AbortSignal): Promise<() => void> => {
      const before = changesMade.current
      const unlessOutdated = (apply: () => void) => () => {
        if (changesMade.current === before) apply()
      }
      try {
        await getToken({ refused: false })
        const room = await rooms.get(roomId, signal)
        return unlessOutdated(() => (room.deletedAt ? close({ kind: 'deleted' }, room.role) : adopt(room)))
      } catch (error) {
        const reason = closedReason(error)
        return unlessOutdated(() => (isPassing(error) ? setState((last) => missAnswer(last, reason)) : close(reason)))
      }
    },
    [getToken, rooms, roomId, adopt, close],
  )
  const load = async (): Promise<void> => (await ask())()

  useEffect(() => {
    const abort = new AbortController()
    void ask(abort.signal).then((apply) => !abort.signal.aborted && apply())
    return () => abort.abort()
  }, [ask])
  useRefresh(() => {
    if (isAskedAgain(state)) void load()
  }, REFRESH_MS)

  const isSignedOut = wasSignedIn && (sessionState.kind === 'nobody' || sessionState.kind === 'ended')
  const board: Board = isSignedOut ? { kind: 'closed', reason: { kind: 'signed-out' } } : state

  return {
    board,
    getToken,
    close,
    reload: load,
    /** Takes over what the server answered to a change of this board: its new name or access. */
    adoptChange: (room: Room) => {
      changesMade.current++
      adopt(room)
    },
    /** Notes the role that the live connection has; a new one may mean that the board's access is new too. */
    setRole: (role: Role) => {
      if (state.kind !== 'open' || state.board.role === role) return
      updateKnownRoom(storage, roomId, { role })
      setState({ kind: 'open', board: { ...state.board, role } })
      void load()
    },
    continueAsGuest: async () => {
      await session.continueAsGuest()
      setState({ kind: 'opening' })
      await load()
    },
  }
}

/** Whether it makes sense to try again by itself: the server cannot be reached, is in trouble or is too busy. */
function isPassing(error: unknown): boolean {
  return error instanceof OfflineError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
}
