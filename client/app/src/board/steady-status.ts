import type { SavingStatus } from '@sketchroom/canvas'
import type { ShownStatus } from './status-words.ts'

/** "Saving" is worth a word only when it takes longer than this. */
export const SAVING_AFTER_MS = 400
/** While somebody draws, acknowledgements come between strokes; "Saved" waits for a pause. */
export const SAVED_AFTER_MS = 250

/** Takes each status of the canvas and passes on what to show. */
export interface SteadyStatus {
  update(status: SavingStatus): void
  /** Shows nothing more until the next `update`. */
  stop(): void
}

/**
 * Calms the status for reading. It may be late with good news and never with bad: `saved` is taken back
 * at once when something is unsent.
 */
export function createSteadyStatus(show: (status: ShownStatus) => void): SteadyStatus {
  let shown: ShownStatus['kind'] | undefined
  let latest: SavingStatus | undefined
  let waitingFor: 'saving' | 'saved' | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function showNow(status: ShownStatus): void {
    clearTimeout(timer)
    waitingFor = undefined
    shown = status.kind
    show(status)
  }

  function showAfter(kind: 'saving' | 'saved', ms: number): void {
    if (waitingFor === kind) return
    clearTimeout(timer)
    waitingFor = kind
    timer = setTimeout(() => latest && showNow(latest), ms)
  }

  return {
    update(status) {
      latest = status
      if (status.kind === 'saving' && shown !== 'saving') {
        if (shown === 'saved' || shown === undefined) showNow({ kind: 'editing' })
        showAfter('saving', SAVING_AFTER_MS)
      } else if (status.kind === 'saved' && shown === 'editing') {
        showAfter('saved', SAVED_AFTER_MS)
      } else {
        showNow(status)
      }
    },
    stop() {
      clearTimeout(timer)
      waitingFor = undefined
    },
  }
}
