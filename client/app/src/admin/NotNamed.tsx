import { ServerCog } from 'lucide-react'
import { Link } from 'react-router'
import type { User } from '@sketchroom/shared/api/auth'
import { buttonClass } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import './admin.css'

/** For an account that the operator has not named: what to write where, for who is the operator. */
export function NotNamed({ user }: { user: User }) {
  return (
    <main id="content" className="admin" tabIndex={-1}>
      <MessagePage
        icon={<ServerCog size={32} />}
        title="This account does not look after this server"
        text="If you run the server, add this account to ADMINS in its configuration, and start it again:"
        actions={
          <Link className={buttonClass('plain')} to="/">
            Go to your boards
          </Link>
        }
        more={
          <p className="admin-entry">
            <input
              className="input"
              readOnly
              aria-label="This account, as ADMINS names it"
              value={`${user.email}:${user.id}`}
              onFocus={(event) => event.target.select()}
            />
          </p>
        }
      />
    </main>
  )
}
