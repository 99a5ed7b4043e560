import { useEffect, useState } from 'react'
import {
  CircleCheck,
  CloudAlert,
  CloudOff,
  Eye,
  Lock,
  RefreshCw,
  RotateCw,
  TriangleAlert,
  Users,
  type LucideIcon,
} from 'lucide-react'
import type { SavingStatus } from '@sketchroom/canvas'
import { statusWords, type ShownStatus } from './status-words.ts'
import { createSteadyStatus } from './steady-status.ts'
import './status-badge.css'

const ICONS: Record<ShownStatus['kind'], LucideIcon> = {
  connecting: RefreshCw,
  editing: RefreshCw,
  saved: CircleCheck,
  saving: RefreshCw,
  offline: CloudOff,
  'not-here': CloudOff,
  'store-failing': CloudAlert,
  crowded: Users,
  'read-only': Eye,
  refused: CloudAlert,
  damaged: TriangleAlert,
  outdated: RotateCw,
  'no-access': Lock,
}

/** Says in words where the edits are. Screen readers hear changes, but not every stroke. */
export function StatusBadge({ status }: { status: SavingStatus }) {
  const [shown, setShown] = useState<ShownStatus>(status)
  const [steady] = useState(() => createSteadyStatus(setShown))

  useEffect(() => steady.update(status), [steady, status])
  useEffect(() => () => steady.stop(), [steady])

  const { text, tone } = statusWords(shown)
  const Icon = ICONS[shown.kind]
  return (
    <p className={`status-badge status-${tone}`} role="status" title={text}>
      <Icon size={16} aria-hidden="true" />
      <span className="status-text" aria-hidden={shown.kind === 'editing' || undefined}>
        {text}
      </span>
    </p>
  )
}
