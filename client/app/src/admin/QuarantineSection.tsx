import { ShieldCheck } from 'lucide-react'
import { MessagePage } from '../ui/MessagePage.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { AdminList, Facts } from './AdminList.tsx'
import { formatBytes } from './format-bytes.ts'
import { useAdminList, type SectionProps } from './use-admin-list.ts'

/** The records that could not be read. They are given back by a script, in a process that may hang. */
export function QuarantineSection({ api, adminId }: SectionProps) {
  const list = useAdminList([adminId, 'quarantine'], (page) => api.quarantine(page))
  return (
    <section className="admin-section" aria-labelledby="admin-quarantine">
      <div className="admin-head">
        <h2 id="admin-quarantine">Set aside</h2>
      </div>
      <p className="admin-note">
        Records that could not be read. Nothing of them is deleted, and their boards open without them. On the server,{' '}
        <code>node scripts/quarantine.ts</code> tries them again and gives back what is sound.
      </p>
      <AdminList
        label="Records that were set aside"
        list={list}
        keyOf={({ roomShortId, kind, seq }) => `${roomShortId} ${kind} ${seq}`}
        renderRow={(record) => (
          <>
            <div className="admin-subject">
              <strong>{record.roomName ?? 'A board that is gone'}</strong>
              <span className="admin-id">{`${record.roomShortId}… ${record.kind} ${record.seq}`}</span>
              <span className="admin-note">{record.reason}</span>
            </div>
            <Facts
              facts={[
                ['Written', <RelativeTime key="at" at={record.at} />],
                ['By', record.author ?? 'the server'],
                ['Size', formatBytes(record.bytes)],
              ]}
            />
          </>
        )}
        empty={
          <MessagePage
            icon={<ShieldCheck size={32} />}
            title="Nothing is set aside"
            text="Every record that was read so far is sound."
            actions={null}
          />
        }
      />
    </section>
  )
}
