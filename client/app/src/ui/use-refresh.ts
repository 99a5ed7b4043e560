import { useEffect, useEffectEvent } from 'react'

/**
 * Calls `refresh` when what is on screen may be out of date: the network is back, the tab is looked at
 * again, and every `everyMs` while it is visible.
 */
export function useRefresh(refresh: () => void, everyMs: number): void {
  const onStale = useEffectEvent(() => {
    if (document.visibilityState === 'visible') refresh()
  })
  useEffect(() => {
    const listener = () => onStale()
    const timer = setInterval(listener, everyMs)
    window.addEventListener('online', listener)
    document.addEventListener('visibilitychange', listener)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', listener)
      document.removeEventListener('visibilitychange', listener)
    }
  }, [everyMs])
}
