import { useState } from 'react'
import { SearchX } from 'lucide-react'
import type { AdminPerson } from '@sketchroom/shared/api/admin'
import { Button } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { AdminList, Facts } from './AdminList.tsx'
import { formatCount } from './format-bytes.ts'
import { SearchBox } from './SearchBox.tsx'
import { SessionsDialog } from './SessionsDialog.tsx'
import { useAdminList, type SectionProps } from './use-admin-list.ts'

/** Everybody with an account, or every guest. */
export function PeopleSection({ api, adminId }: SectionProps) {
  const [q, setQ] = useState('')
  const [kind, setKind] = useState<'accounts' | 'guests'>('accounts')
  const [open, setOpen] = useState<AdminPerson>()
  const list = useAdminList([adminId, 'people', kind, q], (page) => api.people(q, kind, page))
  return (
    <section className="admin-section" aria-labelledby="admin-people">
      <div className="admin-head">
        <h2 id="admin-people">People</h2>
        <div className="admin-choice" role="group" aria-label="Which people">
          {(['accounts', 'guests'] as const).map((each) => (
            <Button
              key={each}
              look={kind === each ? 'plain' : 'quiet'}
              aria-pressed={kind === each}
              onClick={() => setKind(each)}
            >
              {each === 'accounts' ? 'Accounts' : 'Guests'}
            </Button>
          ))}
        </div>
        <SearchBox label="Name, e-mail, or id" onSearch={setQ} />
      </div>
      <AdminList
        label={kind === 'accounts' ? 'Accounts' : 'Guests'}
        list={list}
        keyOf={({ id }) => id}
        renderRow={(person) => <PersonRow person={person} onSessions={() => setOpen(person)} />}
        isSearch={q !== ''}
        empty={
          <MessagePage
            icon={<SearchX size={32} />}
            title={q ? `Nobody fits “${q}”` : 'There is nobody yet'}
            text={
              q
                ? 'A part of the name or address, or a whole id, is looked for.'
                : 'People appear here when they have come.'
            }
            actions={null}
          />
        }
      />
      {open && (
        <SessionsDialog
          api={api}
          adminId={adminId}
          person={open}
          onEnded={list.reload}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  )
}

function PersonRow({ person, onSessions }: { person: AdminPerson; onSessions: () => void }) {
  return (
    <>
      <div className="admin-subject">
        <strong>{person.name}</strong>
        <span className="admin-id">{person.email ?? person.id}</span>
        {person.isAdmin && <span className="admin-note">Looks after this server</span>}
      </div>
      <Facts
        facts={[
          ['Came', <RelativeTime key="came" at={person.createdAt} />],
          ['Last seen', person.lastSeenAt ? <RelativeTime key="seen" at={person.lastSeenAt} /> : 'long ago'],
          ['Boards', formatCount(person.rooms)],
          ['Sign-ins', formatCount(person.sessions)],
        ]}
      />
      <Button
        className="admin-action"
        disabled={person.sessions === 0}
        aria-label={`Sign-ins of ${person.name}…`}
        onClick={onSessions}
      >
        Sign-ins…
      </Button>
    </>
  )
}
