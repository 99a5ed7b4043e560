import { useEffect, useRef, useState } from 'react'
import { Check, Copy } from 'lucide-react'
import { Button } from '../../ui/Button.tsx'

const FEEDBACK_MS = 2_500

/** The board's address with a button that copies it. */
export function CopyLink({ url }: { url: string }) {
  const field = useRef<HTMLInputElement>(null)
  const [outcome, setOutcome] = useState<'copied' | 'by-hand'>()

  useEffect(() => {
    if (outcome !== 'copied') return
    const timer = setTimeout(() => setOutcome(undefined), FEEDBACK_MS)
    return () => clearTimeout(timer)
  }, [outcome])

  async function copy(): Promise<void> {
    field.current?.select()
    try {
      await navigator.clipboard.writeText(url)
      setOutcome('copied')
    } catch {
      // No clipboard outside secure contexts, or permission was refused: the link is selected, ready for the keys.
      setOutcome('by-hand')
    }
  }

  return (
    <div className="share-link">
      <div className="share-link-row">
        <input
          ref={field}
          className="input"
          aria-label="Link to this board"
          readOnly
          value={url}
          onFocus={(event) => event.target.select()}
        />
        <Button
          look="primary"
          icon={outcome === 'copied' ? <Check size={18} aria-hidden="true" /> : <Copy size={18} aria-hidden="true" />}
          onClick={() => void copy()}
        >
          {outcome === 'copied' ? 'Copied' : 'Copy link'}
        </Button>
      </div>
      <p className={outcome === 'by-hand' ? 'field-hint' : 'visually-hidden'} role="status">
        {outcome === 'copied' && 'The link is copied.'}
        {outcome === 'by-hand' &&
          'The browser did not allow copying. The link is selected: copy it with the keyboard or a long press.'}
      </p>
    </div>
  )
}
