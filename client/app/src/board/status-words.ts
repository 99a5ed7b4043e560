import type { SavingStatus } from '@sketchroom/canvas'
import type { UnsentChanges } from './kept-count.ts'

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
      return { text: `Connecting…${whereabouts(status)}`, tone: isAtRisk(status) ? 'danger' : 'busy' }
    case 'editing':
      return { text: 'Editing…', tone: 'busy' }
    case 'saved':
      return { text: 'Saved', tone: 'calm' }
    case 'saving':
      return { text: `Saving ${changes(status.unsent)}…`, tone: 'busy' }
    case 'offline':
      return { text: `Offline${offlineWhereabouts(status)}`, tone: status.stored ? 'warning' : 'danger' }
    case 'store-failing':
      return { text: `The server cannot save right now${whereabouts(status)}`, tone: 'danger' }
    case 'read-only':
      return { text: `View only${whereabouts(status)}`, tone: readOnlyTone(status) }
    case 'outdated':
      return { text: `Reload this page: there is a newer version${whereabouts(status)}`, tone: 'danger' }
    case 'no-access':
      return { text: `No access${whereabouts(status)}`, tone: 'danger' }
  }
}

/** "1 change", "12 changes". */
export function changes(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}

/** What a closed board says of the changes that it leaves behind, with a space before it; nothing of none. */
export function changesLeftWords({ unsent, stored }: UnsentChanges): string {
  if (unsent === 0) return ''
  const are = unsent === 1 ? 'is' : 'are'
  const fate = stored ? `${are} kept on this device` : `${are} lost, because this device keeps none (storage is off)`
  return ` ${changes(unsent)} that the server does not have ${fate}.`
}

/** Whether there are edits that closing this tab would lose. */
export function isAtRisk(status: ShownStatus): boolean {
  return 'unsent' in status && status.unsent > 0 && !status.stored
}

function whereabouts({ unsent, stored }: UnsentChanges): string {
  if (unsent === 0) return ''
  return ` · ${changes(unsent)} ${stored ? 'kept on this device' : 'only in this tab'}`
}

/** Offline it matters before the first edit whether edits would be kept. */
function offlineWhereabouts(status: UnsentChanges): string {
  const isWarned = status.unsent === 0 && !status.stored
  return isWarned ? ' · this device keeps no changes (storage is off)' : whereabouts(status)
}

function readOnlyTone(status: ShownStatus & { kind: 'read-only' }): StatusTone {
  if (isAtRisk(status)) return 'danger'
  return status.unsent > 0 ? 'warning' : 'calm'
}
