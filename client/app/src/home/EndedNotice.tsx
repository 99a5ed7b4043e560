import { KeyRound } from 'lucide-react'
import { Link } from 'react-router'
import type { KnownUser } from '../device/known-user.ts'
import { useAuthPolicy } from '../session/use-auth-policy.ts'
import { buttonClass } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'

interface EndedNoticeProps {
  readonly user: KnownUser
  /** The server knows them, and lets in no guests any more. */
  readonly isRefused?: boolean
}

/** For people whose sign-in the server no longer knows: it ran out, or was ended somewhere else. */
export function EndedNotice({ user, isRefused = false }: EndedNoticeProps) {
  const policy = useAuthPolicy()
  const mayMakeOne = isRefused && policy?.signup !== 'closed'
  return (
    <MessagePage
      icon={<KeyRound size={32} />}
      title={isRefused ? 'Sign in to go on' : 'You were signed out'}
      text={
        isRefused
          ? `This server now lets in only people with an account. The boards that you made as the guest ${user.name} come with you when you sign in${mayMakeOne ? ' or create an account' : ''}.`
          : user.isGuest
            ? `The guest ${user.name} of this browser is no longer known to the server. Boards can still be opened by their links.`
            : `${user.name}, sign in again to see your boards. What you drew on this device is still here.`
      }
      actions={
        <>
          <Link className={buttonClass(user.isGuest && !isRefused ? 'plain' : 'primary')} to="/signin">
            Sign in
          </Link>
          {mayMakeOne && (
            <Link className={buttonClass('plain')} to="/signup">
              Create an account
            </Link>
          )}
        </>
      }
    />
  )
}
