/** Names one local edit on this device: the tab that made it, and its number in that tab. */
export type EditId = `${TabId}:${number}`

/** Names one open board in one tab; a reload makes a new one. */
export type TabId = string

/** A new tab id. `crypto.randomUUID` is missing on plain http, where a self-hosted server may live. */
export function createTabId(): TabId {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, '0')).join('')
}

/** Whether this tab made the edit. */
export function isMadeBy(edit: EditId, tab: TabId): boolean {
  return edit.startsWith(`${tab}:`)
}
