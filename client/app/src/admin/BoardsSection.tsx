import { useState } from 'react'
import { SearchX } from 'lucide-react'
import type { AdminRoom } from '@sketchroom/shared/api/admin'
import type { Access } from '@sketchroom/shared/roles'
import { MessagePage } from '../ui/MessagePage.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { AdminList, Facts } from './AdminList.tsx'
import { formatBytes, formatCount } from './format-bytes.ts'
import { SearchBox } from './SearchBox.tsx'
import { useAdminList, type SectionProps } from './use-admin-list.ts'

const ACCESS: Record<Access, string> = {
  private: 'Members only',
  'link-view': 'Link can view',
  'link-edit': 'Link can edit',
}

/** Every board from the outside. */
export function BoardsSection({ api, adminId }: SectionProps) {
  const [q, setQ] = useState('')
  const list = useAdminList([adminId, 'boards', q], (page) => api.rooms(q, page))
  return (
    <section className="admin-section" aria-labelledby="admin-boards">
      <div className="admin-head">
        <h2 id="admin-boards">Boards</h2>
        <SearchBox label="Name, id, or an owner’s e-mail" onSearch={setQ} />
      </div>
      <p className="admin-note">
        Newest first. What is drawn on a board is for its members: it cannot be opened from here.
      </p>
      <AdminList
        label="Boards"
        list={list}
        keyOf={({ shortId, createdAt }) => `${shortId} ${createdAt}`}
        renderRow={(room) => <BoardRow room={room} />}
        isSearch={q !== ''}
        empty={
          <MessagePage
            icon={<SearchX size={32} />}
            title={q ? `No board fits “${q}”` : 'There are no boards yet'}
            text={
              q
                ? 'A part of the name, a whole id, or the whole address of an owner is looked for.'
                : 'They appear here as people make them.'
            }
            actions={null}
          />
        }
      />
    </section>
  )
}

function BoardRow({ room }: { room: AdminRoom }) {
  return (
    <>
      <div className="admin-subject">
        <strong>{room.name}</strong>
        <span className="admin-id">{ownersOf(room)}</span>
        <span className="admin-note">
          {room.deletedAt ? (
            <>
              Deleted <RelativeTime at={room.deletedAt} />
            </>
          ) : (
            ACCESS[room.access]
          )}
          {` · ${room.shortId}…`}
          {room.present.length > 0 && ` · here now: ${room.present.map(({ name }) => name).join(', ')}`}
        </span>
      </div>
      <Facts
        facts={[
          ['Members', formatCount(room.members)],
          ['Size', formatBytes(room.bytes)],
          ['Updates', formatCount(room.updates)],
          ['Changed', <RelativeTime key="changed" at={room.updatedAt} />],
        ]}
      />
    </>
  )
}

function ownersOf({ owners: [owner, ...others] }: AdminRoom): string {
  if (!owner) return 'Nobody owns it'
  return `${owner.email ?? `${owner.name}, a guest`}${others.length > 0 ? ` and ${others.length} more` : ''}`
}
