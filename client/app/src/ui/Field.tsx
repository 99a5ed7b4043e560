import { useId, type InputHTMLAttributes, type ReactNode } from 'react'
import './field.css'

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string
  readonly hint?: ReactNode
  /** What is wrong with the value; undefined when nothing is. */
  readonly error?: string | undefined
  /** Something inside the box's right end, such as a button. */
  readonly end?: ReactNode
}

/** A labelled text field; hint and error are tied to it for screen readers. */
export function Field({ label, hint, error, end, ...input }: FieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        <input
          {...input}
          id={id}
          className="input"
          aria-invalid={error !== undefined}
          aria-describedby={error ? `${id}-error` : hint ? `${id}-hint` : undefined}
        />
        {end}
      </div>
      {error ? (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      ) : (
        hint && (
          <p className="field-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )
      )}
    </div>
  )
}
