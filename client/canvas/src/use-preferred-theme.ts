import { useSyncExternalStore } from 'react'

const QUERY = '(prefers-color-scheme: dark)'

/** The theme to draw in: the one asked for, or what the system prefers. */
export function usePreferredTheme(theme: 'light' | 'dark' | 'system'): 'light' | 'dark' {
  const systemIsDark = useSyncExternalStore(subscribe, () => matchMedia(QUERY).matches)
  return theme === 'system' ? (systemIsDark ? 'dark' : 'light') : theme
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(QUERY)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
