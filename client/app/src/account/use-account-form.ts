import { useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { ApiError } from '../api/api-error.ts'
import { describeError } from '../api/describe-error.ts'
import { safeNextPath } from './next-path.ts'

type FieldErrors = Readonly<Record<string, string>>

/** What the sign-in and the sign-up form share: sending, errors by field, and where to go afterwards. */
export function useAccountForm() {
  const navigate = useNavigate()
  const [params] = useSearchParams()
  const next = safeNextPath(params.get('next'))
  const [busy, setBusy] = useState(false)
  const [fields, setFields] = useState<FieldErrors>({})
  const [error, setError] = useState<string>()

  /** Sends unless `faults` says that it would be refused. */
  async function submit(faults: FieldErrors, send: () => Promise<void>): Promise<void> {
    setFields(faults)
    setError(undefined)
    if (Object.keys(faults).length > 0) return focusFirstFault()
    setBusy(true)
    try {
      await send()
      await navigate(next, { replace: true })
    } catch (cause) {
      setBusy(false)
      if (cause instanceof ApiError && cause.code === 'email_taken') {
        setFields({ email: describeError(cause) })
      } else if (cause instanceof ApiError && Object.keys(cause.fields).length > 0) {
        setFields(cause.fields)
      } else {
        setError(describeError(cause))
        return
      }
      focusFirstFault()
    }
  }

  return { submit, busy, fields, error, search: params.size > 0 ? `?${params}` : '' }
}

function focusFirstFault(): void {
  // After React has marked the fields.
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
}
