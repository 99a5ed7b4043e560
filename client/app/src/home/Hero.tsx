import { Plus } from 'lucide-react'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { HeroDrawing } from './HeroDrawing.tsx'
import './hero.css'

interface HeroProps {
  readonly busy: boolean
  readonly error: string | undefined
  readonly onNewBoard: () => void
}

/** What SketchRoom is, in a sentence, and the way in. */
export function Hero({ busy, error, onNewBoard }: HeroProps) {
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
          <Button
            look="primary"
            size="large"
            busy={busy}
            icon={<Plus size={20} aria-hidden="true" />}
            onClick={onNewBoard}
          >
            New board
          </Button>
          <span className="hero-note">No account needed</span>
        </div>
        <Alert text={error} />
      </div>
      <HeroDrawing />
    </section>
  )
}
