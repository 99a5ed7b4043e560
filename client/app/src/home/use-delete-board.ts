import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Room } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import { describeError } from '../api/describe-error.ts'
import { forgetKnownRoom, keepKnownRooms } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { BOARDS_KEY } from './use-boards.ts'

/**
 * Gives the function that deletes a board, at once for the eye, and offers to undo it, and the one that restores
 * it and resolves to whether it is back. They tell failures themselves. `hidden` are boards that are being deleted.
 */
export function useDeleteBoard() {
  const { rooms: api, storage } = useApp()
  const toast = useToast()
  const queries = useQueryClient()
  const [hidden, setHidden] = useState<ReadonlySet<RoomId>>(new Set())

  function hide(id: RoomId, isHidden: boolean): void {
    setHidden((last) => new Set(isHidden ? [...last, id] : [...last].filter((other) => other !== id)))
  }

  /** Asks for the boards and the deleted ones again. */
  const reload = () => queries.invalidateQueries({ queryKey: [BOARDS_KEY] })

  async function restore(room: Room): Promise<boolean> {
    try {
      keepKnownRooms(storage, [await api.restore(room.id)])
    } catch (error) {
      toast({ text: `“${room.name}” is still deleted. ${describeError(error)}` })
      return false
    }
    hide(room.id, false)
    await reload()
    toast({ text: `“${room.name}” was restored.` })
    return true
  }

  async function remove(room: Room): Promise<void> {
    hide(room.id, true)
    try {
      await api.delete(room.id)
    } catch (error) {
      hide(room.id, false)
      toast({ text: `“${room.name}” was not deleted. ${describeError(error)}` })
      return
    }
    forgetKnownRoom(storage, room.id)
    toast({ text: `“${room.name}” was deleted.`, action: { label: 'Undo', run: () => void restore(room) } })
    await reload()
  }

  return { remove, restore, hidden }
}
