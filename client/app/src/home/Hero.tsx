import { Plus } from 'lucide-react'
import { Link } from 'react-router'
import { useSessionState } from '../session/AppContext.tsx'
import { useAuthPolicy } from '../session/use-auth-policy.ts'
import { Alert } from '../ui/Alert.tsx'
import { Button, buttonClass } from '../ui/Button.tsx'
import { HeroDrawing } from './HeroDrawing.tsx'
import './hero.css'

interface HeroProps {
  readonly busy: boolean
  readonly error: string | undefined
  readonly onNewBoard: () => void
}

/** What SketchRoom is, in a sentence, and the way in. */
export function Hero({ busy, error, onNewBoard }: HeroProps) {
  const state = useSessionState()
  const hasGuests = useAuthPolicy()?.guests !== 'off'
  const mustSignIn = !hasGuests && state.kind === 'nobody'

  return (
    <section className="hero">
      <div className="hero-text">
        <h1>
          Draw together. <span>Lose nothing.</span>
        </h1>
        <p>
          A whiteboard to share by a link: draw with others live, go on when the network goes, and find everything saved
          when it is back.
        </p>
        <div className="hero-action">
          {mustSignIn ? (
            <>
              <Link className={buttonClass('primary', 'large')} to="/signin">
                Sign in
              </Link>
              <span className="hero-note">This server lets in only people with an account</span>
            </>
          ) : (
            <>
              <Button
                look="primary"
                size="large"
                busy={busy}
                icon={<Plus size={20} aria-hidden="true" />}
                onClick={onNewBoard}
              >
                New board
              </Button>
              {hasGuests && <span className="hero-note">No account needed</span>}
            </>
          )}
        </div>
        <Alert text={error} />
      </div>
      <HeroDrawing />
    </section>
  )
}
