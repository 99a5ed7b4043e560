import { useEffect, useEffectEvent } from 'react'
import type { SavingStatus } from '@sketchroom/canvas'
import type { RoomId } from '@sketchroom/shared/ids'
import { updateKnownRoom } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { keptCount } from './kept-count.ts'

const SETTLE_MS = 1_000

/** Remembers how many changes only this device has, for the lists of boards, closed boards and the warning at sign-out. */
export function useKeptCount(roomId: RoomId, status: SavingStatus): void {
  const { storage } = useApp()
  const pending = keptCount(status)
  const isPending = pending === undefined ? undefined : pending > 0

  const writeNow = useEffectEvent(() => {
    if (pending !== undefined) updateKnownRoom(storage, roomId, { pending })
  })

  // That there is something is written at once; how much, when the drawing pauses or the board is left.
  useEffect(() => {
    if (isPending !== undefined) updateKnownRoom(storage, roomId, { pending: isPending ? 1 : 0 })
  }, [storage, roomId, isPending])
  useEffect(() => {
    if (!pending) return
    const timer = setTimeout(() => updateKnownRoom(storage, roomId, { pending }), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [storage, roomId, pending])
  useEffect(() => {
    const write = () => writeNow()
    window.addEventListener('pagehide', write)
    return () => {
      window.removeEventListener('pagehide', write)
      write()
    }
  }, [])
}
