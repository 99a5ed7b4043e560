import type { Room } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import { describeError } from '../api/describe-error.ts'
import { forgetKnownRoom, keepKnownRooms } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { useToast } from '../ui/Toasts.tsx'

/** The list that a board is deleted from. */
interface BoardList {
  readonly hide: (id: RoomId, isHidden: boolean) => void
  readonly reload: () => Promise<void>
}

/** Gives the function that deletes a board, at once for the eye, and offers to undo it. It tells failures itself. */
export function useDeleteBoard({ hide, reload }: BoardList): (room: Room) => Promise<void> {
  const { rooms: api, storage } = useApp()
  const toast = useToast()

  async function restore(room: Room): Promise<void> {
    try {
      keepKnownRooms(storage, [await api.restore(room.id)])
      hide(room.id, false)
      await reload()
    } catch (error) {
      toast({ text: `“${room.name}” is still deleted. ${describeError(error)}` })
    }
  }

  return async function remove(room: Room): Promise<void> {
    hide(room.id, true)
    try {
      await api.delete(room.id)
      forgetKnownRoom(storage, room.id)
      toast({ text: `“${room.name}” was deleted.`, action: { label: 'Undo', run: () => void restore(room) } })
    } catch (error) {
      hide(room.id, false)
      toast({ text: `“${room.name}” was not deleted. ${describeError(error)}` })
    }
  }
}
