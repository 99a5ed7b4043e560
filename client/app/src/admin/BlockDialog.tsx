import { useId, useState, type FormEvent } from 'react'
import type { AddressBlock } from '@sketchroom/shared/api/admin'
import type { AdminApi } from '../api/admin.ts'
import { ApiError } from '../api/api-error.ts'
import { describeError } from '../api/describe-error.ts'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field } from '../ui/Field.tsx'

const HOUR_MS = 60 * 60 * 1000
/** How long a block lasts. Addresses are given to others after a while, so for ever is not what it begins with. */
const SPANS = [
  ['an hour', HOUR_MS],
  ['a day', 24 * HOUR_MS],
  ['a week', 7 * 24 * HOUR_MS],
  ['until it is taken back', undefined],
] as const

interface BlockDialogProps {
  readonly api: AdminApi
  readonly yourAddress: string
  readonly onBlocked: (block: AddressBlock) => Promise<void>
  readonly onClose: () => void
}

/** Asks which address to block, why, and for how long. */
export function BlockDialog({ api, yourAddress, onBlocked, onClose }: BlockDialogProps) {
  const spanId = useId()
  const [network, setNetwork] = useState('')
  const [reason, setReason] = useState('')
  const [span, setSpan] = useState(1)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const fields = error instanceof ApiError ? error.fields : {}
  const isOfField = fields['network'] !== undefined || fields['reason'] !== undefined

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    const spanMs = SPANS[span]?.[1]
    try {
      const until = spanMs === undefined ? null : new Date(Date.now() + spanMs).toISOString()
      await onBlocked(await api.block({ network: network.trim(), reason: reason.trim(), until }))
      onClose()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }

  return (
    <Dialog small title="Block an address" onClose={onClose}>
      <form className="dialog-form" onSubmit={(event) => void submit(event)}>
        <Alert text={error && !isOfField ? describeError(error) : undefined} />
        <Field
          label="Address or network"
          value={network}
          required
          maxLength={60}
          autoFocus
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="203.0.113.7"
          onChange={(event) => setNetwork(event.target.value)}
          error={fields['network']}
          hint={`As in 203.0.113.0/24. You come from ${yourAddress}. Everybody behind a blocked address is shut out: a whole school may be.`}
        />
        <Field
          label="Reason"
          value={reason}
          required
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
          error={fields['reason']}
          hint="For whoever looks after this server after you."
        />
        <div className="field">
          <label htmlFor={spanId}>For how long</label>
          <select id={spanId} className="input" value={span} onChange={(event) => setSpan(Number(event.target.value))}>
            {SPANS.map(([name], index) => (
              <option key={name} value={index}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" busy={busy}>
            Block it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
