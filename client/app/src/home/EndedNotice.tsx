import { KeyRound } from 'lucide-react'
import { Link } from 'react-router'
import type { KnownUser } from '../device/known-user.ts'
import { buttonClass } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'

/** For people whose sign-in the server no longer knows: it ran out, or was ended somewhere else. */
export function EndedNotice({ user }: { user: KnownUser }) {
  return (
    <MessagePage
      icon={<KeyRound size={32} />}
      title="You were signed out"
      text={
        user.isGuest
          ? `The guest ${user.name} of this browser is no longer known to the server. Boards can still be opened by their links.`
          : `${user.name}, sign in again to see your boards. What you drew on this device is still here.`
      }
      actions={
        <Link className={buttonClass(user.isGuest ? 'plain' : 'primary')} to="/signin">
          Sign in
        </Link>
      }
    />
  )
}
