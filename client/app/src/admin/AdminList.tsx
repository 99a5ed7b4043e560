import type { ReactNode } from 'react'
import { CloudAlert, WifiOff } from 'lucide-react'
import { OfflineError } from '../api/api-error.ts'
import { describeError } from '../api/describe-error.ts'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import type { AdminListState } from './use-admin-list.ts'

interface AdminListProps<Item> {
  /** What screen readers call the list. */
  readonly label: string
  readonly list: AdminListState<Item>
  readonly keyOf: (item: Item) => string
  readonly renderRow: (item: Item) => ReactNode
  /** Instead of an empty list. */
  readonly empty: ReactNode
  /** While it is a search, that nothing was found so far is no reason to say that there is nothing. */
  readonly isSearch?: boolean
}

/** A list in each of its states: on its way, failed, empty, or there, perhaps with more to come. */
export function AdminList<Item>({ label, list, keyOf, renderRow, empty, isSearch = false }: AdminListProps<Item>) {
  const { items, error, hasMore, isLoadingMore, loadMore, reload } = list
  if (!items) return error ? <ListFailed error={error} onRetry={reload} /> : <ListSkeleton label={label} />
  return (
    <>
      <Alert text={error ? `${describeError(error)} This is how it was before.` : undefined} />
      {items.length > 0 && (
        <ul className="admin-panel" aria-label={label}>
          {items.map((item) => (
            <li key={keyOf(item)} className="admin-row">
              {renderRow(item)}
            </li>
          ))}
        </ul>
      )}
      {items.length === 0 && !hasMore && empty}
      {hasMore && (
        <div className="admin-more">
          {isSearch && items.length === 0 && <p role="status">Not among the newest. There are more to look through.</p>}
          <Button busy={isLoadingMore} onClick={loadMore}>
            {isSearch ? 'Search further' : 'Load more'}
          </Button>
        </div>
      )}
    </>
  )
}

/** Says why nothing is shown, and tries again. */
export function ListFailed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const isOffline = error instanceof OfflineError
  return (
    <MessagePage
      alert
      icon={isOffline ? <WifiOff size={32} /> : <CloudAlert size={32} />}
      title={isOffline ? 'The server cannot be reached' : 'This could not be loaded'}
      text={
        isOffline ? 'What this page shows is on the server only. It is asked again by itself.' : describeError(error)
      }
      actions={
        <Button look="primary" onClick={onRetry}>
          Try again
        </Button>
      }
    />
  )
}

/** Stands in for a list that is on its way. */
export function ListSkeleton({ label }: { label: string }) {
  return (
    <div className="admin-panel" role="status" aria-label={`${label}: loading`}>
      {[40, 65, 50].map((width) => (
        <div key={width} className="admin-row" aria-hidden="true">
          <span className="skeleton" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  )
}

/** Facts of a row, each with its name. */
export function Facts({ facts }: { facts: ReadonlyArray<readonly [name: string, value: ReactNode]> }) {
  return (
    <dl className="admin-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
