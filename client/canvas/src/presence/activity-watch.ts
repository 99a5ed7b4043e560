import type { Clock } from '../binding/clock.ts'

const IDLE_AFTER_MS = 60_000
const INPUT_EVENTS = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart'] as const

/** How present somebody is. */
export type Activity = 'active' | 'idle' | 'away'

/** Watches the page: `idle` after a minute without input, `away` while the tab is hidden. Returns what ends it. */
export function watchActivity(clock: Clock, onActivity: (activity: Activity) => void): () => void {
  let activity: Activity | undefined
  let lastInput = clock.now()
  let cancel = () => {}

  const tell = () => {
    cancel()
    const quietFor = clock.now() - lastInput
    const next = document.hidden ? 'away' : quietFor >= IDLE_AFTER_MS ? 'idle' : 'active'
    if (next === 'active') cancel = clock.after(IDLE_AFTER_MS - quietFor, tell)
    if (next !== activity) onActivity((activity = next))
  }
  const onInput = () => {
    lastInput = clock.now()
    if (activity !== 'active') tell()
  }
  const onVisibility = () => {
    if (!document.hidden) lastInput = clock.now()
    tell()
  }

  for (const event of INPUT_EVENTS) window.addEventListener(event, onInput, { capture: true, passive: true })
  document.addEventListener('visibilitychange', onVisibility)
  tell()
  return () => {
    cancel()
    for (const event of INPUT_EVENTS) window.removeEventListener(event, onInput, { capture: true })
    document.removeEventListener('visibilitychange', onVisibility)
  }
}
