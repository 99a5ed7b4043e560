import type { SavingStatus } from '@sketchroom/canvas'

/** What the top bar shows: a status of the canvas, or the moment after an edit when it is too early to say. */
export type ShownStatus = SavingStatus | { readonly kind: 'editing' }

/** How a status feels: calm, at work, worth a look, or bad. */
export type StatusTone = 'calm' | 'busy' | 'warning' | 'danger'

/** A status in words. */
export interface StatusWords {
  readonly text: string
  readonly tone: StatusTone
}

/** Puts the status into words that are true: nothing is called saved while something is pending. */
export function statusWords(status: ShownStatus): StatusWords {
  switch (status.kind) {
    case 'connecting':
      return { text: `Connecting…${keptHere(status.pending)}`, tone: 'busy' }
    case 'editing':
      return { text: 'Editing…', tone: 'busy' }
    case 'saved':
      return { text: 'Saved', tone: 'calm' }
    case 'saving':
      return { text: `Saving ${changes(status.pending)}…`, tone: 'busy' }
    case 'offline':
      return { text: `Offline${keptHere(status.pending)}`, tone: 'warning' }
    case 'offline-unkept':
      return { text: 'Offline · not saved on this device (storage is off)', tone: 'danger' }
    case 'store-failing':
      return { text: `The server cannot save right now${keptHere(status.pending)}`, tone: 'danger' }
    case 'read-only':
      return { text: `View only${keptHere(status.pending)}`, tone: status.pending > 0 ? 'warning' : 'calm' }
    case 'no-access':
      return { text: `No access${keptHere(status.pending)}`, tone: 'danger' }
  }
}

/** "1 change", "12 changes". */
export function changes(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}

function keptHere(pending: number): string {
  return pending > 0 ? ` · ${changes(pending)} kept on this device` : ''
}
