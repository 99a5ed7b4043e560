import { useState } from 'react'
import type { AdminPerson, AdminSession } from '@sketchroom/shared/api/admin'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { AdminList, Facts } from './AdminList.tsx'
import { ConfirmDialog } from './ConfirmDialog.tsx'
import { useAdminList, type SectionProps } from './use-admin-list.ts'

interface SessionsDialogProps extends SectionProps {
  readonly person: AdminPerson
  readonly onEnded: () => void
  readonly onClose: () => void
}

/** A person's sign-ins, each of which can be ended. */
export function SessionsDialog({ api, adminId, person, onEnded, onClose }: SessionsDialogProps) {
  const toast = useToast()
  const [ending, setEnding] = useState<AdminSession | 'all'>()
  const list = useAdminList([adminId, 'sessions', person.id], (page) => api.sessions(person.id, page))
  const isSelf = person.id === adminId

  async function end(): Promise<void> {
    if (ending === 'all') await api.endSessions(person.id)
    else if (ending) await api.endSession(person.id, ending.id)
    toast({
      text: ending === 'all' ? `Sign-ins of ${person.name} were ended.` : `A sign-in of ${person.name} was ended.`,
    })
    list.reload()
    onEnded()
  }

  return (
    <Dialog title={`Sign-ins of ${person.name}`} onClose={onClose}>
      <AdminList
        label="Sign-ins"
        list={list}
        keyOf={({ id }) => id}
        renderRow={(session) => (
          <>
            <Facts
              facts={[
                ['Signed in', <RelativeTime key="since" at={session.createdAt} />],
                ['Last seen', <RelativeTime key="seen" at={session.lastSeenAt} />],
              ]}
            />
            {session.isYours ? (
              <span className="admin-note">This one is yours</span>
            ) : (
              <Button look="danger" className="admin-action" onClick={() => setEnding(session)}>
                End…
              </Button>
            )}
          </>
        )}
        empty={<p className="admin-note">They are not signed in anywhere.</p>}
      />
      <div className="dialog-actions">
        <Button onClick={onClose}>Close</Button>
        <Button look="danger" disabled={!list.items?.some(({ isYours }) => !isYours)} onClick={() => setEnding('all')}>
          {isSelf ? 'End all others…' : 'End all…'}
        </Button>
      </div>
      {ending && (
        <ConfirmDialog
          title={ending === 'all' ? 'End all these sign-ins?' : 'End this sign-in?'}
          action={ending === 'all' ? 'End them' : 'End it'}
          onConfirm={end}
          onClose={() => setEnding(undefined)}
        >
          {person.isGuest
            ? `${person.name} is a guest, who has no password to come back with: without this sign-in, their boards are out of their reach for good.`
            : `${person.name} leaves every board within a second, and can sign in again with their password.`}
        </ConfirmDialog>
      )}
    </Dialog>
  )
}
