import type { SavingStatus } from '@sketchroom/canvas'

/** What the top bar shows: a status of the canvas, or the moment after an edit when it is too early to say. */
export type ShownStatus = SavingStatus | { readonly kind: 'editing' }

/** Changes that the server does not have, and whether this device stores them. */
export interface UnsentChanges {
  readonly unsent: number
  readonly stored: boolean
}

/** How a status feels: calm, at work, worth a look, or bad. */
export type StatusTone = 'calm' | 'busy' | 'warning' | 'danger'

/** A status in words. */
export interface StatusWords {
  readonly text: string
  readonly tone: StatusTone
}

/** Puts the status into words that are true: nothing is called saved while something is unsent. */
export function statusWords(status: ShownStatus): StatusWords {
  switch (status.kind) {
    case 'connecting':
      return {
        text: `${status.progress ? `Loading…${percent(status)}` : 'Connecting…'}${whereabouts(status)}`,
        tone: isAtRisk(status) ? 'danger' : 'busy',
      }
    case 'editing':
      return { text: 'Editing…', tone: 'busy' }
    case 'saved':
      return { text: 'Saved', tone: 'calm' }
    case 'saving':
      return { text: status.progress ? `Saving…${percent(status)}` : `Saving ${changes(status.unsent)}…`, tone: 'busy' }
    case 'offline':
      return { text: `Offline${offlineWhereabouts(status)}`, tone: status.stored ? 'warning' : 'danger' }
    case 'not-here':
      return { text: 'Offline · this board is not on this device', tone: 'warning' }
    case 'store-failing':
      return { text: `The server cannot save right now${whereabouts(status)}`, tone: 'danger' }
    case 'crowded':
      return {
        text: `No place left on this board${whereabouts(status)}`,
        tone: isAtRisk(status) ? 'danger' : 'warning',
      }
    case 'read-only':
      return { text: `View only${whereabouts(status)}`, tone: readOnlyTone(status) }
    case 'refused':
      return { text: `${refusedWords(status.reason)}${whereabouts(status)}`, tone: 'danger' }
    case 'damaged':
      return {
        text: `Not all of this board can be read${whereabouts(status)}`,
        tone: isAtRisk(status) ? 'danger' : 'warning',
      }
    case 'outdated':
      return { text: `Reload to go on drawing${whereabouts(status)}`, tone: isAtRisk(status) ? 'danger' : 'warning' }
    case 'no-access':
      return { text: `No access${whereabouts(status)}`, tone: 'danger' }
  }
}

/** "1 change", "12 changes". */
export function changes(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}

/** What is said of changes that the server does not have, when a board is closed; nothing of none. */
export function changesLeftWords({ unsent, stored }: UnsentChanges): string {
  if (unsent === 0) return ''
  const are = unsent === 1 ? 'is' : 'are'
  const where = stored ? 'on this device' : 'in this tab, because this device stores nothing (storage is off)'
  return `${changes(unsent)} of yours that the server does not have ${are} only ${where}.`
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

function refusedWords(reason: (ShownStatus & { kind: 'refused' })['reason']): string {
  return reason === 'board_full' ? 'This board is full' : 'Not taken by the server'
}

/** How far something is, with a space before it. It is all there only when another status says so. */
function percent({
  progress,
}: {
  readonly progress?: { readonly done: number; readonly total: number } | undefined
}): string {
  if (!progress || progress.total <= 0) return ''
  return ` ${Math.min(99, Math.floor((100 * progress.done) / progress.total))}%`
}
