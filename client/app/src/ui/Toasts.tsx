import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react'
import { Button } from './Button.tsx'
import './toast.css'

/** A short message at the foot of the page, with at most one thing to do about it. */
export interface Toast {
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void }
}

const ToastContext = createContext<(toast: Toast) => void>(() => {
  throw new Error('a toast needs <Toasts> around it')
})

/** Long enough to read, think and reach for "Undo". */
const SHOWN_MS = 8_000

interface ToastsProps {
  readonly children: ReactNode
  /** Shown above the toasts, for as long as it likes. */
  readonly lasting?: ReactNode
}

/** Shows the latest toast of everything inside. It waits while it is pointed at or focused. */
export function Toasts({ children, lasting }: ToastsProps) {
  const [toast, setToast] = useState<{ id: number; toast: Toast }>()
  const [held, setHeld] = useState(false)

  const show = useCallback((next: Toast) => {
    setToast((last) => ({ id: (last?.id ?? 0) + 1, toast: next }))
    setHeld(false)
  }, [])

  useEffect(() => {
    if (!toast || held) return
    const timer = setTimeout(() => setToast(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [toast, held])

  const shown = toast?.toast
  return (
    <ToastContext value={show}>
      {children}
      <div className="toasts" role="status">
        {lasting}
        {shown && (
          <div
            key={toast.id}
            className="toast"
            onPointerEnter={() => setHeld(true)}
            onPointerLeave={() => setHeld(false)}
            onFocus={() => setHeld(true)}
            onBlur={() => setHeld(false)}
          >
            <span className="toast-text">{shown.text}</span>
            {shown.action && (
              <Button
                look="quiet"
                onClick={() => {
                  setToast(undefined)
                  shown.action?.run()
                }}
              >
                {shown.action.label}
              </Button>
            )}
          </div>
        )}
      </div>
    </ToastContext>
  )
}

/** Gives the function that shows a toast. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext)
}
