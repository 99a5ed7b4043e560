import { useEffect, useState, type ReactNode } from 'react'
import { RotateCw } from 'lucide-react'
import type { SavingStatus } from '@sketchroom/canvas'
import { useApp } from '../session/AppContext.tsx'
import { Button } from '../ui/Button.tsx'
import { changes } from './status-words.ts'
import './board-notices.css'

interface BoardNoticesProps {
  readonly status: SavingStatus
  /** What can become of edits that the server refuses: buttons. */
  readonly refused: ReactNode
  /** What one can do with a drawing that is here: a button. */
  readonly saveFile: ReactNode
}

/** Edits that are still on their way when the role comes are not refused yet. */
const REFUSED_AFTER_MS = 1_000

/** Why the server does not take what was drawn last, and the way on. */
const REFUSED_WORDS: Readonly<Record<(SavingStatus & { kind: 'refused' })['reason'], readonly [string, string]>> = {
  board_full: ['This board is full.', 'Delete something to make room, or go on with a board of your own.'],
  too_large: ['That was too much at once.', 'Take it back, and add it in smaller parts.'],
  invalid_content: ['The server cannot store something that was added here.', 'Undo may help.'],
  foreign_client: ['The server takes you for somebody else here.', 'Save your changes, and open the board again.'],
}

/** What is said above the drawing while one can only look at it, and what one can do then. */
export function BoardNotices({ status: latest, refused, saveFile }: BoardNoticesProps) {
  const { update } = useApp()
  const status = useBetweenStrokes(latest)
  const unsent = status.kind === 'read-only' ? status.unsent : 0
  const isRefused = useLasting(unsent > 0, REFUSED_AFTER_MS)

  if (status.kind === 'outdated') {
    return (
      <Notice
        actions={
          <Button look="primary" icon={<RotateCw size={18} aria-hidden="true" />} onClick={() => update.take()}>
            Reload
          </Button>
        }
      >
        <strong>This page is out of date.</strong> The board, or the server, is of a newer version of SketchRoom. You
        can look at the drawing; reload to go on drawing.
      </Notice>
    )
  }
  if (status.kind === 'refused') {
    const [lead, wayOn] = REFUSED_WORDS[status.reason]
    return (
      <Notice actions={refused}>
        <strong>{lead}</strong>{' '}
        {`${changes(status.unsent)} of yours ${status.unsent === 1 ? 'is' : 'are'} ${status.stored ? 'only on this device' : 'only in this tab'}, and nobody else sees ${status.unsent === 1 ? 'it' : 'them'}. ${wayOn}`}
      </Notice>
    )
  }
  if (status.kind === 'crowded') {
    return (
      <Notice>
        <strong>There is no place left for you on this board.</strong> It is open to as many people as it can take, or
        to you in too many tabs. This page keeps trying, and lets you in as soon as there is a place.
      </Notice>
    )
  }
  if (status.kind === 'damaged') {
    return (
      <Notice actions={saveFile}>
        <strong>This board cannot be read completely.</strong> A part of it is damaged and is not shown.{' '}
        {status.stored ? 'What you draw is kept on this device and sent to the server.' : 'What you draw is sent.'} You
        can save what is here as a file.
      </Notice>
    )
  }
  if (!isRefused) return null
  return (
    <Notice actions={refused}>
      <strong>You can only view this board now.</strong>{' '}
      {`${changes(unsent)} that you made before ${unsent === 1 ? 'is' : 'are'} ${status.kind === 'read-only' && status.stored ? 'only on this device' : 'only in this tab'}, and nobody else sees ${unsent === 1 ? 'it' : 'them'}.`}
    </Notice>
  )
}

function Notice({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <section className="board-notice" role="alert">
      <p>{children}</p>
      {actions && <div className="board-notice-actions">{actions}</div>}
    </section>
  )
}

/**
 * The value as it was when no button or finger was pressed last. A notice that comes pushes the canvas down, and what is
 * being drawn would be pulled out of shape.
 */
function useBetweenStrokes<T>(value: T): T {
  const [held, setHeld] = useState(value)
  const [isPressed, setIsPressed] = useState(false)
  useEffect(() => {
    const note = ({ buttons }: PointerEvent) => setIsPressed(buttons > 0)
    const options = { capture: true, passive: true }
    // A button that is let go outside the window is noticed when the pointer comes back.
    const types = ['pointerdown', 'pointermove', 'pointerup', 'pointercancel'] as const
    for (const type of types) addEventListener(type, note, options)
    return () => {
      for (const type of types) removeEventListener(type, note, options)
    }
  }, [])
  if (!isPressed && held !== value) setHeld(value)
  return isPressed ? held : value
}

/** True once `value` has been true for a while. */
function useLasting(value: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false)
  useEffect(() => {
    if (!value) return
    const timer = setTimeout(() => setLasting(true), ms)
    return () => {
      clearTimeout(timer)
      setLasting(false)
    }
  }, [value, ms])
  return value && lasting
}
