import { CircleAlert } from 'lucide-react'
import './field.css'

/** Says in place what failed; screen readers say it at once. Nothing when there is nothing to say. */
export function Alert({ text }: { text: string | undefined }) {
  if (!text) return null
  return (
    <p className="alert" role="alert">
      <CircleAlert size={18} aria-hidden="true" />
      {text}
    </p>
  )
}
