import { useCallback, useEffect, useRef } from 'react'
import type { SavingStatus } from '@sketchroom/canvas'
import type { RoomId } from '@sketchroom/shared/ids'
import { updateKnownRoom } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { keptCount } from './kept-count.ts'

const SETTLE_MS = 1_000

/**
 * Remembers how many changes only this device has, for the lists of boards, closed boards and the warning at sign-out.
 * To be told of each status before it is shown: whoever reads "kept on this device" may leave in that moment, and what
 * a page writes while it is left is lost at times.
 */
export function useKeptCount(roomId: RoomId): (status: SavingStatus) => void {
  const { storage } = useApp()
  const last = useRef<number>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const writeNow = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = undefined
    if (last.current !== undefined) updateKnownRoom(storage, roomId, { pending: last.current })
  }, [storage, roomId])

  useEffect(() => {
    window.addEventListener('pagehide', writeNow)
    return () => {
      window.removeEventListener('pagehide', writeNow)
      writeNow()
      last.current = undefined
    }
  }, [writeNow])

  return useCallback(
    (status) => {
      const pending = keptCount(status)
      if (pending === undefined || pending === last.current) return
      const isNews = last.current === undefined || pending > 0 !== last.current > 0
      last.current = pending
      // That there is something is written at once; how much, when the drawing pauses or the board is left.
      if (isNews) writeNow()
      else timer.current ??= setTimeout(writeNow, SETTLE_MS)
    },
    [writeNow],
  )
}
