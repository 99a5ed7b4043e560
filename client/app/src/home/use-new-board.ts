import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { describeError } from '../api/describe-error.ts'
import { keepKnownRooms, updateKnownRoom } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { BOARDS_KEY } from './use-boards.ts'

/** Makes a board in one click and opens it; a first-time visitor becomes a guest on the way. */
export function useNewBoard() {
  const { session, rooms, storage } = useApp()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()

  async function create(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      await session.ensure()
      // Sharing is what a board is for; the share dialog says plainly what this means.
      const room = await rooms.create({ name: 'Untitled board', access: 'link-edit' })
      keepKnownRooms(storage, [room])
      // Who comes back must not see the list without it, or that there are no boards.
      queries.removeQueries({ queryKey: [BOARDS_KEY] })
      // Nothing is on it yet, so this device has all of it: the page need not wait for the server.
      updateKnownRoom(storage, room.id, { opened: true })
      await navigate(`/r/${room.id}`)
    } catch (cause) {
      setError(describeError(cause))
      setBusy(false)
    }
  }

  return { create, busy, error }
}
