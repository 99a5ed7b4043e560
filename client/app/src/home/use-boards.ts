import { useCallback, useEffect, useRef, useState } from 'react'
import type { Room, RoomList } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import { OfflineError } from '../api/api-error.ts'
import { keepKnownRooms } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { useRefresh } from '../ui/use-refresh.ts'

/** What the home page knows of the boards that were asked for. */
export type Boards =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'offline' }
  | {
      readonly kind: 'ready'
      readonly rooms: readonly Room[]
      readonly nextCursor: string | null
      readonly more: 'idle' | 'loading' | 'failed'
    }

const PAGE = 24
const MAX_PAGE = 100
const REFRESH_MS = 30_000

/** Lists the signed-in person's boards whose name holds `q`, or those they deleted, and keeps the list fresh. */
export function useBoards(q: string, which: 'present' | 'deleted' = 'present') {
  const { rooms: api, storage } = useApp()
  const archived = which === 'deleted'
  const [boards, setBoards] = useState<Boards>({ kind: 'loading' })
  const [hidden, setHidden] = useState<ReadonlySet<RoomId>>(new Set())
  const shownCount = useRef(0)
  useEffect(() => {
    shownCount.current = boards.kind === 'ready' ? boards.rooms.length : 0
  }, [boards])

  const load = useCallback(
    async (signal?: AbortSignal) => {
      const limit = Math.min(Math.max(PAGE, shownCount.current), MAX_PAGE)
      try {
        const page = await api.list({ q, archived, limit, ...(signal ? { signal } : {}) })
        if (!archived) keepKnownRooms(storage, page.data)
        if (!signal?.aborted) setBoards((last) => withFirstPage(last, page))
      } catch (error) {
        if (signal?.aborted) return
        if (error instanceof OfflineError) setBoards({ kind: 'offline' })
        // A list that is shown stays: it is older, not wrong.
        else setBoards((last) => (last.kind === 'ready' ? last : { kind: 'failed', error }))
      }
    },
    [api, storage, q, archived],
  )

  useEffect(() => {
    const abort = new AbortController()
    shownCount.current = 0
    void load(abort.signal)
    return () => abort.abort()
  }, [load])
  useRefresh(() => void load(), REFRESH_MS)

  async function loadMore(): Promise<void> {
    if (boards.kind !== 'ready' || !boards.nextCursor) return
    setBoards({ ...boards, more: 'loading' })
    try {
      const page = await api.list({ q, archived, limit: PAGE, cursor: boards.nextCursor })
      if (!archived) keepKnownRooms(storage, page.data)
      setBoards((last) => (last.kind === 'ready' ? withNextPage(last, page) : last))
    } catch {
      // Said beside the button, which is also the way to try again.
      setBoards((last) => (last.kind === 'ready' ? { ...last, more: 'failed' } : last))
    }
  }

  /** Takes a board off the list at once, or puts it back. */
  function hide(id: RoomId, isHidden: boolean): void {
    setHidden((last) => {
      const next = new Set(last)
      if (isHidden) next.add(id)
      else next.delete(id)
      return next
    })
  }

  const shown: Boards =
    boards.kind === 'ready' ? { ...boards, rooms: boards.rooms.filter((room) => !hidden.has(room.id)) } : boards
  return { boards: shown, reload: load, loadMore, hide }
}

/** A fresh first page in place of the old one; pages that were loaded beyond it stay. */
function withFirstPage(last: Boards, { data, nextCursor }: RoomList): Boards {
  if (last.kind !== 'ready' || last.rooms.length <= MAX_PAGE || !nextCursor) {
    return { kind: 'ready', rooms: data, nextCursor, more: 'idle' }
  }
  const ids = new Set(data.map((room) => room.id))
  const beyond = last.rooms.slice(MAX_PAGE).filter((room) => !ids.has(room.id))
  return { ...last, rooms: [...data, ...beyond] }
}

function withNextPage(last: Boards & { kind: 'ready' }, { data, nextCursor }: RoomList): Boards {
  const ids = new Set(last.rooms.map((room) => room.id))
  return {
    kind: 'ready',
    rooms: [...last.rooms, ...data.filter((room) => !ids.has(room.id))],
    nextCursor,
    more: 'idle',
  }
}
