import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Ban, DoorOpen } from 'lucide-react'
import type { AddressBlock } from '@sketchroom/shared/api/admin'
import { describeError } from '../api/describe-error.ts'
import { Button } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { AdminList, Facts } from './AdminList.tsx'
import { BlockDialog } from './BlockDialog.tsx'
import { ADMIN_KEY, type SectionProps } from './use-admin-list.ts'

const REFRESH_MS = 30_000

/** The addresses that nobody is served from: block one, or let it in again. */
export function BlocksSection({ api, adminId }: SectionProps) {
  const toast = useToast()
  const [isBlocking, setIsBlocking] = useState(false)
  const query = useQuery({
    queryKey: [ADMIN_KEY, adminId, 'blocks'],
    queryFn: ({ signal }) => api.blocks(signal),
    refetchInterval: REFRESH_MS,
  })

  async function unblock({ id, network }: AddressBlock): Promise<void> {
    try {
      await api.unblock(id)
      toast({ text: `${network} is let in again.` })
    } catch (error) {
      toast({ text: `${network} is still blocked. ${describeError(error)}` })
    }
    await query.refetch()
    // The button has gone, and the keyboard's place must not go with it.
    document.getElementById('content')?.focus()
  }

  return (
    <section className="admin-section" aria-labelledby="admin-blocks">
      <div className="admin-head">
        <h2 id="admin-blocks">Blocked addresses</h2>
        <Button
          look="primary"
          icon={<Ban size={18} aria-hidden="true" />}
          disabled={!query.data}
          onClick={() => setIsBlocking(true)}
        >
          Block an address…
        </Button>
      </div>
      <p className="admin-note">
        Nobody from there is served, and who is connected is cut off. Which address somebody comes from is in the
        server’s log.
      </p>
      <AdminList
        label="Blocked addresses"
        list={{
          items: query.data?.data,
          error: query.error,
          hasMore: false,
          isLoadingMore: false,
          loadMore: () => undefined,
          reload: () => void query.refetch(),
        }}
        keyOf={({ id }) => id}
        renderRow={(block) => (
          <>
            <div className="admin-subject">
              <strong>{block.network}</strong>
              <span className="admin-note">{block.reason}</span>
            </div>
            <Facts
              facts={[
                ['Since', <RelativeTime key="since" at={block.createdAt} />],
                ['Until', block.until ? new Date(block.until).toLocaleString('en', UNTIL) : 'taken back'],
                ['By', block.createdBy.name ?? block.createdBy.id],
              ]}
            />
            <UnblockButton network={block.network} onUnblock={() => unblock(block)} />
          </>
        )}
        empty={
          <MessagePage
            icon={<DoorOpen size={32} />}
            title="No address is blocked"
            text="Block one when somebody there does harm, and nothing gentler helps."
            actions={null}
          />
        }
      />
      {isBlocking && (
        <BlockDialog
          api={api}
          yourAddress={query.data?.yourAddress ?? ''}
          onBlocked={async ({ network }) => {
            toast({ text: `${network} is blocked.` })
            await query.refetch()
          }}
          onClose={() => setIsBlocking(false)}
        />
      )}
    </section>
  )
}

const UNTIL = { dateStyle: 'medium', timeStyle: 'short' } as const

function UnblockButton({ network, onUnblock }: { network: string; onUnblock: () => Promise<void> }) {
  const [busy, setBusy] = useState(false)
  return (
    <Button
      className="admin-action"
      busy={busy}
      aria-label={`Let in again: ${network}`}
      onClick={() => {
        setBusy(true)
        void onUnblock().finally(() => setBusy(false))
      }}
    >
      Let in again
    </Button>
  )
}
