import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Room } from '@sketchroom/shared/api/rooms'
import { OfflineError } from '../api/api-error.ts'
import { keepKnownRooms } from '../device/known-rooms.ts'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { personOf } from '../session/session-state.ts'

/** What the home page knows of the boards that were asked for. */
export type Boards =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'offline' }
  | {
      readonly kind: 'ready'
      readonly rooms: readonly Room[]
      readonly hasMore: boolean
      readonly more: 'idle' | 'loading' | 'failed'
    }

/** Begins the key of every list of boards: what changes one asks for them all anew. */
export const BOARDS_KEY = 'boards'

const FIRST_PAGE = 24
/** All pages are asked for again each time, so those after the first are as large as they may be. */
const NEXT_PAGE = 100
const REFRESH_MS = 30_000

/** Lists the signed-in person's boards whose name holds `q`, or those they deleted, and keeps the list fresh. */
export function useBoards(q: string, which: 'present' | 'deleted' = 'present') {
  const { rooms: api, storage } = useApp()
  const person = personOf(useSessionState())
  const [lastError, setLastError] = useState<unknown>()
  const query = useInfiniteQuery({
    // By person: a list that stays in memory is shown to nobody else.
    queryKey: [BOARDS_KEY, person?.id, which, q],
    queryFn: async ({ pageParam: cursor, signal }) => {
      const archived = which === 'deleted'
      const limit = cursor === undefined ? FIRST_PAGE : NEXT_PAGE
      const page = await api.list({ q, archived, limit, signal, ...(cursor !== undefined && { cursor }) })
      if (!archived) keepKnownRooms(storage, page.data)
      return page
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  })

  // A query that has nothing yet drops its error while it asks again: the page would flicker with each try.
  if (query.error && query.error !== lastError) setLastError(query.error)
  const error = query.error ?? (query.isPending ? lastError : undefined)

  function boardsNow(): Boards {
    // Whether the next page came is said beside its button.
    if (error instanceof OfflineError && !query.isFetchNextPageError) return { kind: 'offline' }
    if (!query.data) return error ? { kind: 'failed', error } : { kind: 'loading' }
    // A board that moved from one page to the next while they were asked for is in both.
    const rooms = new Map(query.data.pages.flatMap(({ data }) => data.map((room) => [room.id, room])))
    const more = query.isFetchingNextPage ? 'loading' : query.isFetchNextPageError ? 'failed' : 'idle'
    return { kind: 'ready', rooms: [...rooms.values()], hasMore: query.hasNextPage, more }
  }

  return {
    boards: boardsNow(),
    reload: async () => void (await query.refetch()),
    loadMore: async () => void (await query.fetchNextPage()),
  }
}
