import { useQuery } from '@tanstack/react-query'
import type { UserId } from '@sketchroom/shared/ids'
import { listKnownRooms } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'

/**
 * Names the boards of a person with changes that are only on this device, and how many each has; undefined when all is
 * sent, and while that is being found out.
 */
export function useUnsentBoards(person: UserId | undefined): string | undefined {
  const { device, storage } = useApp()
  const { data: unsent = [] } = useQuery({
    queryKey: ['unsent', person],
    queryFn: () => (person ? device.listUnsent(person) : []),
    // It may have gone out, or more may have come, since it was looked at last.
    gcTime: 0,
  })
  if (unsent.length === 0) return undefined
  const names = new Map<string, string>(listKnownRooms(storage, person).map(({ id, name }) => [id, name]))
  return unsent.map(({ roomId, unsent: count }) => `“${names.get(roomId) ?? 'a board'}” (${count})`).join(', ')
}
