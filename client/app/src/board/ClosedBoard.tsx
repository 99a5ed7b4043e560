import { useState, type ReactNode } from 'react'
import { CloudAlert, CloudOff, KeyRound, Lock, LogOut, SearchX, Trash2 } from 'lucide-react'
import { Link, useLocation } from 'react-router'
import { describeError } from '../api/describe-error.ts'
import { useAuthPolicy } from '../session/use-auth-policy.ts'
import { Alert } from '../ui/Alert.tsx'
import { Button, buttonClass } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import { usePageTitle } from '../ui/use-page-title.ts'
import { isClosedForGood, type ClosedReason } from './closed-reason.ts'
import { changesLeftWords, type UnsentChanges } from './status-words.ts'

interface ClosedBoardProps {
  readonly reason: ClosedReason
  /** Changes that the server does not have. */
  readonly left?: UnsentChanges
  /** What can become of them where the board is closed for good: buttons. */
  readonly refused?: ReactNode
  readonly onRetry?: () => Promise<void>
  readonly onContinueAsGuest?: () => Promise<void>
  /** Given to an owner, who may bring a deleted board back. */
  readonly onRestore?: (() => Promise<void>) | undefined
}

const TEXTS: Record<ClosedReason['kind'], { icon: ReactNode; title: string; text: string }> = {
  'not-found': {
    icon: <SearchX size={32} />,
    title: 'No board for you here',
    text: 'It does not exist, or it is private. If somebody sent you the link, ask them to let you in, or sign in with the account that they shared it with.',
  },
  'no-access': {
    icon: <Lock size={32} />,
    title: 'You no longer have access',
    text: 'An owner of this board closed it to you. Ask them if you think that this is a mistake.',
  },
  left: {
    icon: <LogOut size={32} />,
    title: 'You left this board',
    text: 'It is no longer among your boards. While its link is open, you can come back by the link.',
  },
  deleted: {
    icon: <Trash2 size={32} />,
    title: 'This board was deleted',
    text: 'An owner deleted it. They can still bring it back.',
  },
  'signed-out': {
    icon: <KeyRound size={32} />,
    title: 'You were signed out',
    text: 'Sign in again to go on.',
  },
  'guests-off': {
    icon: <KeyRound size={32} />,
    title: 'Sign in to open this board',
    text: 'This server lets in only people with an account.',
  },
  unreachable: {
    icon: <CloudOff size={32} />,
    title: 'This board is not on this device',
    text: 'The server cannot be reached, and without it only the boards that are on this device can be opened: the ones you used last. This one opens as soon as the server is back.',
  },
  'in-trouble': {
    icon: <CloudAlert size={32} />,
    title: 'This board cannot be opened right now',
    text: 'The server has trouble with what it stores. The board opens by itself as soon as that is over.',
  },
  failed: { icon: <CloudAlert size={32} />, title: 'The board could not be opened', text: '' },
}

const AS_A_GUEST = 'If the board is open to everybody with the link, you can also come in as a guest.'

/** Where another try may have another answer. */
const MAY_CHANGE = new Set<ClosedReason['kind']>(['no-access', 'deleted', 'unreachable', 'in-trouble', 'failed'])

/** Instead of a board: why it is not shown, and the ways on. */
export function ClosedBoard({ reason, left, refused, onRetry, onContinueAsGuest, onRestore }: ClosedBoardProps) {
  const { pathname } = useLocation()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const { icon, title, text } = TEXTS[reason.kind]
  const policy = useAuthPolicy()
  const mayBeGuest = reason.kind === 'signed-out' && policy?.guests !== 'off'
  const isLeft = left !== undefined && left.unsent > 0
  const mayRestore = reason.kind === 'deleted' && onRestore !== undefined
  usePageTitle(title)

  async function run(action: () => Promise<void>): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      await action()
    } catch (cause) {
      setError(describeError(cause))
    }
    setBusy(false)
  }

  const signIn = (look: 'primary' | 'plain') => (
    <Link className={buttonClass(look)} to={`/signin?next=${encodeURIComponent(pathname)}`}>
      Sign in
    </Link>
  )
  const button = (label: string, look: 'primary' | 'plain', action: (() => Promise<void>) | undefined) =>
    action && (
      <Button look={look} busy={busy} onClick={() => void run(action)}>
        {label}
      </Button>
    )

  return (
    <MessagePage
      whole
      alert
      icon={icon}
      title={title}
      text={reason.kind === 'failed' ? reason.text : mayBeGuest ? `${text} ${AS_A_GUEST}` : text}
      more={
        isLeft && (
          <section className="left-behind" aria-label="Your unsaved changes">
            <p>{changesLeftWords(left)}</p>
            {isClosedForGood(reason) && <div className="left-behind-actions">{refused}</div>}
          </section>
        )
      }
      actions={
        <>
          {(reason.kind === 'signed-out' || reason.kind === 'guests-off') && signIn('primary')}
          {mayBeGuest && button('Continue as a guest', 'plain', onContinueAsGuest)}
          {mayRestore && button('Restore the board', 'primary', onRestore)}
          {MAY_CHANGE.has(reason.kind) && !mayRestore && button('Try again', isLeft ? 'plain' : 'primary', onRetry)}
          {reason.kind === 'not-found' && signIn('primary')}
          <Link className={buttonClass('plain')} to="/">
            Go to your boards
          </Link>
          <Alert text={error} />
        </>
      }
    />
  )
}
