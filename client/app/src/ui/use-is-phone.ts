import { useSyncExternalStore } from 'react'

/** As wide as in the style sheets: below this a board's bar has room for little more than its name. */
const QUERY = '(width < 48rem)'

/** Whether the window is as narrow as a phone's, now. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(QUERY).matches)
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(QUERY)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
