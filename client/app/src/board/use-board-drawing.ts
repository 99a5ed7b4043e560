import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react'
import type { RoomSession, SavingStatus } from '@sketchroom/canvas'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import type { RoomId } from '@sketchroom/shared/ids'
import { forgetKnownRoom } from '../device/known-rooms.ts'
import { useApp, usePersonDevice, useStoredBoards } from '../session/AppContext.tsx'
import type { Board } from './board-state.ts'
import { isClosedForGood } from './closed-reason.ts'
import type { UnsentChanges } from './status-words.ts'

/** The drawing of a board that is shown or was shown: its session, and what this device has of it. */
export interface BoardDrawing {
  /** Undefined until the board is open, and known whose it is here. */
  readonly session: RoomSession | undefined
  readonly status: SavingStatus | undefined
  /** What the server does not have. */
  readonly left: UnsentChanges
  /** Tries to connect now. */
  readonly reconnect: () => Promise<void>
  /** The drawing as it is here, with what is unsent. */
  readonly read: () => Promise<RoomSession['doc']>
  /** Lets go of all that is here of it. It is opened anew as the server has it, here and in other tabs. */
  readonly discard: () => Promise<void>
}

/**
 * Opens the session when the board is open first, and keeps it while the page says why it is closed. `onNoAccess` hears
 * when the live connection is told that the board is closed to this person.
 */
export function useBoardDrawing(roomId: RoomId, board: Board, onNoAccess: (code: ErrorCode) => void): BoardDrawing {
  const { storage } = useApp()
  const boards = usePersonDevice()
  // While it is open, its session knows.
  const stored = useStoredBoards(board.kind === 'closed')
  const [session, setSession] = useState<RoomSession>()
  /** How often it was opened here; another number opens it anew. */
  const [opening, setOpening] = useState(0)
  const [isDiscarded, setIsDiscarded] = useState(false)
  const isOpen = board.kind === 'open'
  const isOver = board.kind === 'closed' && isClosedForGood(board.reason)
  if (isOpen && (opening === 0 || isDiscarded)) {
    setIsDiscarded(false)
    setOpening(opening + 1)
  }

  const tellNoAccess = useEffectEvent((status: SavingStatus) => {
    if (status.kind === 'no-access') onNoAccess(status.reason)
  })
  useEffect(() => {
    if (!boards || opening === 0) return
    const lease = boards.sessions.open(roomId)
    const opened = lease.session
    // A connection cannot be made while rendering: React renders more often than it shows.
    // oxlint-disable-next-line react/set-state-in-effect
    setSession(opened)
    // Only what is news closes the board: one that is open again still has its old status for a moment.
    const unsubscribe = opened.subscribe(() => tellNoAccess(opened.status))
    let isLeft = false
    const waitForEnd = async () => {
      await opened.discarded
      if (isLeft) return
      setSession(undefined)
      setIsDiscarded(true)
    }
    void waitForEnd()
    return () => {
      isLeft = true
      setSession(undefined)
      unsubscribe()
      lease.release()
    }
  }, [boards, roomId, opening])
  useEffect(() => {
    // Somebody let the person in again, or brought the board back.
    if (isOpen && session?.status.kind === 'no-access') session.reconnect()
  }, [isOpen, session])

  const subscribe = useCallback((listener: () => void) => session?.subscribe(listener) ?? (() => {}), [session])
  const status = useSyncExternalStore(subscribe, () => session?.status)
  const here = stored?.get(roomId)
  const left = leftBehind(status, here ?? 0)

  const discard = useCallback(async () => {
    await boards?.sessions.discard(roomId)
    if (isOver) forgetKnownRoom(storage, roomId)
  }, [boards, roomId, isOver, storage])
  const isOfNoUse = isOver && here !== undefined && left.unsent === 0
  useEffect(() => {
    // oxlint-disable-next-line react/set-state-in-effect
    if (isOfNoUse) void discard()
  }, [isOfNoUse, discard])

  return {
    session,
    status,
    left,
    reconnect: async () => session?.reconnect(),
    read: async () =>
      session?.doc ?? (await boards?.stored.read(roomId)) ?? Promise.reject(new Error('nobody is here')),
    discard,
  }
}

/** `here` is what this device counts, also when no session is open, or one has not counted yet. */
function leftBehind(status: SavingStatus | undefined, here: number): UnsentChanges {
  if (!status) return { unsent: here, stored: true }
  if (status.kind === 'saved') return { unsent: 0, stored: true }
  return status.unsent === 0 ? { unsent: here, stored: true } : { unsent: status.unsent, stored: status.stored }
}
