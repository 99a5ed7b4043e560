import { useState } from 'react'
import { useApp, useValue } from '../session/AppContext.tsx'
import { Button } from '../ui/Button.tsx'

/** Offers the new version of the app when there is one, until the page is loaded anew or the person wants it later. */
export function UpdateNotice() {
  const { update } = useApp()
  const isReady = useValue(update.ready)
  const [isLater, setIsLater] = useState(false)
  const [busy, setBusy] = useState(false)

  if (!isReady || isLater) return null
  return (
    <div className="toast">
      <span className="toast-text">A new version of SketchRoom is ready.</span>
      <span className="toast-actions">
        <Button
          look="quiet"
          busy={busy}
          onClick={() => {
            setBusy(true)
            update.take()
          }}
        >
          Reload
        </Button>
        <Button look="quiet" onClick={() => setIsLater(true)}>
          Later
        </Button>
      </span>
    </div>
  )
}
