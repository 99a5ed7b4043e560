import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { Room } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { isPassing } from '../api/api-error.ts'
import { findKnownRoom, keepKnownRooms, updateKnownRoom } from '../device/known-rooms.ts'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { askAgainMs, type Board, closeBoard, missAnswer } from './board-state.ts'
import { closedReason, type ClosedReason } from './closed-reason.ts'

const OPENING: Board = { kind: 'opening' }

/**
 * Opens a board: at once if this device knows it, and as the server describes it when it answers. A
 * first-time visitor becomes a guest on the way.
 */
export function useBoard(roomId: RoomId) {
  const { session, rooms, storage } = useApp()
  const queries = useQueryClient()
  const sessionState = useSessionState()
  /** Once in, a lost sign-in is said, not papered over with a new guest. */
  const entered = useRef(false)
  const [wasSignedIn, setWasSignedIn] = useState(false)
  if (sessionState.kind === 'signed-in' && !wasSignedIn) setWasSignedIn(true)

  const [share] = useState(() => Math.random())
  const againMs = (query: { state: { data: Board | undefined } }) => askAgainMs(query.state.data ?? OPENING, share)

  const key = ['board', roomId]
  const last = () => queries.getQueryData<Board>(key) ?? OPENING
  const { data: state = OPENING, refetch } = useQuery({
    queryKey: key,
    // Answers with what is shown next: that depends on what was shown when the server's answer came.
    queryFn: async ({ signal }): Promise<Board> => {
      try {
        if (!entered.current) await session.ensure()
        entered.current = true
        await session.getToken()
        const room = await rooms.get(roomId, signal)
        return room.deletedAt ? closed({ kind: 'deleted' }, room.role) : opened(room)
      } catch (error) {
        const reason = closedReason(error)
        return isPassing(error) ? missAnswer(last(), reason) : closed(reason)
      }
    },
    initialData: (): Board | undefined => {
      const known = findKnownRoom(storage, roomId)
      return known?.opened ? { kind: 'open', board: { ...known, access: undefined } } : undefined
    },
    initialDataUpdatedAt: 0,
    // What a page showed before it was left may not be so any more.
    gcTime: 0,
    refetchInterval: againMs,
    refetchOnWindowFocus: (query) => againMs(query) !== false,
    refetchOnReconnect: (query) => againMs(query) !== false,
  })

  function opened(room: Room): Board {
    keepKnownRooms(storage, [room])
    updateKnownRoom(storage, roomId, { opened: true })
    return { kind: 'open', board: room }
  }

  function closed(reason: ClosedReason, role?: Role): Board {
    return closeBoard(last(), reason, role)
  }

  /** Shows what is known without asking. An answer that is on its way is from before. */
  function show(next: Board): void {
    void queries.cancelQueries({ queryKey: key })
    queries.setQueryData(key, next)
  }

  const isSignedOut = wasSignedIn && (sessionState.kind === 'nobody' || sessionState.kind === 'ended')
  const board: Board = isSignedOut ? { kind: 'closed', reason: { kind: 'signed-out' } } : state
  const reload = async () => void (await refetch())

  return {
    board,
    close: (reason: ClosedReason) => show(closed(reason)),
    reload,
    /** Takes over what the server answered to a change of this board: its new name or access. */
    adoptChange: (room: Room) => show(opened(room)),
    /** Notes the role that the live connection has; a new one may mean that the board's access is new too. */
    setRole: (role: Role) => {
      const now = last()
      if (now.kind !== 'open' || now.board.role === role) return
      updateKnownRoom(storage, roomId, { role })
      show({ kind: 'open', board: { ...now.board, role } })
      void reload()
    },
    continueAsGuest: async () => {
      await session.continueAsGuest()
      show(OPENING)
      await reload()
    },
  }
}
