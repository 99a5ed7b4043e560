import { useState, type ReactNode } from 'react'
import { LogIn, LogOut, Pencil, ServerCog, UserPlus } from 'lucide-react'
import { Link } from 'react-router'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { personOf, type SessionState } from '../session/session-state.ts'
import { Avatar } from '../ui/Avatar.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { RenameDialog } from '../ui/RenameDialog.tsx'
import { SignOutDialog } from './SignOutDialog.tsx'

interface AccountMenuProps {
  /** How many others the items tell of; shown on the button. */
  readonly peopleHere?: number
  /** Items that stand above the account's own. */
  readonly children?: ReactNode
}

/** Who one is, and what one can do about it. */
export function AccountMenu({ peopleHere = 0, children }: AccountMenuProps) {
  const { session } = useApp()
  const state = useSessionState()
  const [open, setOpen] = useState<'name' | 'sign-out'>()
  const person = personOf(state)

  if (!person || state.kind === 'ended' || state.kind === 'guests-off') {
    return (
      <nav className="site-header-links" aria-label="Account">
        <Link className={buttonClass('quiet')} to="/signin">
          Sign in
        </Link>
      </nav>
    )
  }

  return (
    <>
      <Menu
        label={`Account: ${person.name}${peopleHere > 0 ? `. Others on this board: ${peopleHere}` : ''}`}
        buttonClass={`${buttonClass('quiet')} account-button`}
        button={
          <>
            <Avatar person={person} />
            <span className="account-button-name">{person.name}</span>
            {peopleHere > 0 && <span className="account-button-people">{`+${peopleHere}`}</span>}
          </>
        }
      >
        {children}
        {peopleHere > 0 && <div className="menu-divider" role="separator" />}
        <p className="menu-note">
          <strong>{person.name}</strong>
          <br />
          {person.isGuest ? 'Guest. Your boards are tied to this browser until you sign up.' : emailOf(state)}
        </p>
        <div className="menu-divider" role="separator" />
        {person.isGuest && (
          <>
            <Link className="menu-item" role="menuitem" to="/signup">
              <UserPlus size={18} aria-hidden="true" /> Create an account
            </Link>
            <Link className="menu-item" role="menuitem" to="/signin">
              <LogIn size={18} aria-hidden="true" /> Sign in
            </Link>
          </>
        )}
        {state.kind === 'signed-in' && state.user.isAdmin && (
          <Link className="menu-item" role="menuitem" to="/admin">
            <ServerCog size={18} aria-hidden="true" /> Administration
          </Link>
        )}
        <button type="button" className="menu-item" role="menuitem" onClick={() => setOpen('name')}>
          <Pencil size={18} aria-hidden="true" /> Change your name…
        </button>
        <button type="button" className="menu-item" role="menuitem" onClick={() => setOpen('sign-out')}>
          <LogOut size={18} aria-hidden="true" /> Sign out…
        </button>
      </Menu>
      {open === 'name' && (
        <RenameDialog
          title="Your name"
          label="What others see"
          name={person.name}
          maxLength={80}
          onRename={(name) => session.rename(name)}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'sign-out' && <SignOutDialog isGuest={person.isGuest} onClose={() => setOpen(undefined)} />}
    </>
  )
}

function emailOf(state: SessionState): string {
  return state.kind === 'signed-in' ? (state.user.email ?? '') : 'The server cannot be reached.'
}
