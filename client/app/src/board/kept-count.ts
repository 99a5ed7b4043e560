import type { SavingStatus } from '@sketchroom/canvas'

/** Changes that the server does not have, and whether this device keeps them. */
export interface UnsentChanges {
  readonly unsent: number
  readonly stored: boolean
}

/** How many changes this device keeps and the server does not have; undefined while the status cannot tell. */
export function keptCount(status: SavingStatus): number | undefined {
  if (status.kind === 'saved') return 0
  // While it connects the canvas may not have counted yet what an earlier visit left; without storage it cannot.
  return status.kind === 'connecting' || !status.stored ? undefined : status.unsent
}

/** What a board that closes leaves behind. `remembered` is what this device last counted, maybe in an earlier visit. */
export function changesLeftBehind(status: SavingStatus, remembered: number): UnsentChanges {
  const live = status.kind === 'saved' ? 0 : status.unsent
  if (status.kind !== 'saved' && !status.stored && live > 0) return { unsent: live, stored: false }
  return { unsent: keptCount(status) ?? Math.max(live, remembered), stored: true }
}
