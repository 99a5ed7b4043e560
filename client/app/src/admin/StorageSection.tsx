import { useQuery } from '@tanstack/react-query'
import type { AdminStorage } from '@sketchroom/shared/api/admin'
import { describeError } from '../api/describe-error.ts'
import { Alert } from '../ui/Alert.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { Facts, ListFailed, ListSkeleton } from './AdminList.tsx'
import { formatBytes, formatCount } from './format-bytes.ts'
import { ADMIN_KEY, type SectionProps } from './use-admin-list.ts'

const REFRESH_MS = 30_000
/** While the server walks over what is stored. */
const WATCH_MS = 1_000

/** What is stored, what it takes, and what room there is. */
export function StorageSection({ api, adminId }: SectionProps) {
  const query = useQuery({
    queryKey: [ADMIN_KEY, adminId, 'storage'],
    queryFn: ({ signal }) => api.storage(signal),
    refetchInterval: ({ state }) => (state.data?.survey.finishedAt === null ? WATCH_MS : REFRESH_MS),
  })
  return (
    <section className="admin-section" aria-labelledby="admin-storage">
      <div className="admin-head">
        <h2 id="admin-storage">Storage</h2>
      </div>
      {!query.data && query.error && <ListFailed error={query.error} onRetry={() => void query.refetch()} />}
      {!query.data && !query.error && <ListSkeleton label="Storage" />}
      {query.data && (
        <>
          <Alert text={query.error ? `${describeError(query.error)} This is how it was before.` : undefined} />
          <StorageFacts storage={query.data} />
        </>
      )}
    </section>
  )
}

function StorageFacts({ storage: { engine, databaseBytes, disk, survey } }: { storage: AdminStorage }) {
  const { finishedAt, updates, snapshots, largest } = survey
  return (
    <>
      <div className="admin-panel admin-row">
        <Facts
          facts={[
            [`${engine} database`, formatBytes(databaseBytes)],
            ...(disk
              ? ([['Free on its disk', `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)}`]] as const)
              : []),
            ['Updates', `${formatBytes(updates.bytes)} in ${formatCount(updates.count)}`],
            ['Snapshots', `${formatBytes(snapshots.bytes)} in ${formatCount(snapshots.count)}`],
          ]}
        />
      </div>
      <p className="admin-note" role="status">
        {finishedAt ? (
          <>
            Updates and snapshots were counted <RelativeTime at={finishedAt} />, with what is kept of the past.
          </>
        ) : (
          'Updates and snapshots are being counted; these are the numbers so far.'
        )}
      </p>
      {largest.length > 0 && (
        <>
          <h3>What takes most</h3>
          <ol className="admin-panel" aria-label="Boards that take most">
            {largest.map(({ shortId, name, bytes }) => (
              <li key={`${shortId} ${bytes}`} className="admin-row">
                <div className="admin-subject">
                  <strong>{name ?? 'A board that is gone'}</strong>
                  <span className="admin-id">{shortId}…</span>
                </div>
                <Facts facts={[['Stored', formatBytes(bytes)]]} />
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  )
}
