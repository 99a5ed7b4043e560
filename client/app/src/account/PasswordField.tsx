import { useState, type KeyboardEvent } from 'react'
import { Eye, EyeOff } from 'lucide-react'
import { Field } from '../ui/Field.tsx'

interface PasswordFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: 'current-password' | 'new-password'
  readonly hint?: string
  readonly error: string | undefined
}

/** A password that can be looked at, with a word about Caps Lock. */
export function PasswordField({ value, onChange, autoComplete, hint, error }: PasswordFieldProps) {
  const [visible, setVisible] = useState(false)
  const [capsLock, setCapsLock] = useState(false)
  const watch = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))

  return (
    <>
      <Field
        label="Password"
        name="password"
        type={visible ? 'text' : 'password'}
        value={value}
        maxLength={1000}
        required
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        hint={hint}
        error={error}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={watch}
        onKeyUp={watch}
        onBlur={() => setCapsLock(false)}
        end={
          <button
            type="button"
            className="password-eye"
            aria-label="Show password"
            aria-pressed={visible}
            onClick={() => setVisible(!visible)}
          >
            {visible ? <EyeOff size={20} aria-hidden="true" /> : <Eye size={20} aria-hidden="true" />}
          </button>
        }
      />
      <p className="account-caps" role="status">
        {capsLock && 'Caps Lock is on.'}
      </p>
    </>
  )
}
