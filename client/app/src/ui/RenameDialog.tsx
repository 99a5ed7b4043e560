import { useState, type FormEvent } from 'react'
import { ApiError } from '../api/api-error.ts'
import { describeError } from '../api/describe-error.ts'
import { Alert } from './Alert.tsx'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { Field } from './Field.tsx'

interface RenameDialogProps {
  readonly title: string
  readonly label: string
  readonly name: string
  readonly maxLength: number
  /** Resolves when the new name is kept; what it rejects with is shown. */
  readonly onRename: (name: string) => Promise<void>
  readonly onClose: () => void
}

/** Asks for a new name, of a board or of a person. */
export function RenameDialog({ title, label, name, maxLength, onRename, onClose }: RenameDialogProps) {
  const [value, setValue] = useState(name)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const next = value.trim()
    if (!next || next === name) return onClose()
    setBusy(true)
    setError(undefined)
    try {
      await onRename(next)
      onClose()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }

  const fieldError = error instanceof ApiError ? error.fields['name'] : undefined
  return (
    <Dialog small title={title} onClose={onClose}>
      <form className="dialog-form" onSubmit={(event) => void submit(event)}>
        <Alert text={error && !fieldError ? describeError(error) : undefined} />
        <Field
          label={label}
          value={value}
          maxLength={maxLength}
          autoFocus
          autoComplete="off"
          onFocus={(event) => event.target.select()}
          onChange={(event) => setValue(event.target.value)}
          error={fieldError}
        />
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
