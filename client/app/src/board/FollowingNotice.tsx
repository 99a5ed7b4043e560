import { useEffect, useEffectEvent, type CSSProperties } from 'react'
import type { Person } from '@sketchroom/canvas'
import { Button } from '../ui/Button.tsx'
import './following-notice.css'

interface FollowingNoticeProps {
  readonly people: readonly Person[]
  readonly onStop: () => void
}

/** Says whose view one sees, and how to stop: the button, or Escape. */
export function FollowingNotice({ people, onStop }: FollowingNoticeProps) {
  const followed = people.find((person) => person.followed)
  const stop = useEffectEvent(onStop)
  const isFollowing = followed !== undefined

  useEffect(() => {
    if (!isFollowing) return
    const listener = (event: KeyboardEvent) => {
      if (event.key === 'Escape') stop()
    }
    // Before the canvas sees the key, which may keep it for itself.
    window.addEventListener('keydown', listener, { capture: true })
    return () => window.removeEventListener('keydown', listener, { capture: true })
  }, [isFollowing])

  return (
    <div
      className={isFollowing ? 'following following-on' : 'following'}
      style={followed && ({ '--person': followed.user.color } as CSSProperties)}
    >
      <div role="status">
        {followed && (
          <span className="following-pill">
            Following {followed.user.name}
            <Button look="quiet" onClick={onStop} title="Esc">
              Stop
            </Button>
          </span>
        )}
      </div>
    </div>
  )
}
