import { useInfiniteQuery } from '@tanstack/react-query'
import type { AdminApi, AdminPage, PageRequest } from '../api/admin.ts'

const REFRESH_MS = 30_000

/** What every section is given. */
export interface SectionProps {
  readonly api: AdminApi
  /** Whose page it is: what stays in memory is shown to nobody else. */
  readonly adminId: string
}

/** Begins the key of all that the admin page has asked for. */
export const ADMIN_KEY = 'admin'

/** A list as far as it has been loaded. */
export interface AdminListState<Item> {
  /** Undefined until the first page has come. */
  readonly items: readonly Item[] | undefined
  readonly error: unknown
  readonly hasMore: boolean
  readonly isLoadingMore: boolean
  readonly loadMore: () => void
  readonly reload: () => void
}

/** Loads a list page by page, and keeps what is loaded fresh. */
export function useAdminList<Item>(
  key: readonly string[],
  read: (page: PageRequest) => Promise<AdminPage<Item>>,
): AdminListState<Item> {
  const query = useInfiniteQuery({
    queryKey: [ADMIN_KEY, ...key],
    queryFn: ({ pageParam: cursor, signal }) => read({ cursor, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: REFRESH_MS,
  })
  return {
    items: query.data?.pages.flatMap(({ data }) => data),
    error: query.error,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    reload: () => void query.refetch(),
  }
}
