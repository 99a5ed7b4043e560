import { useState, type KeyboardEvent } from 'react'

interface BoardNameProps {
  readonly name: string
  readonly isEditable: boolean
  /** Resolves when it is done, well or badly; it tells what went wrong itself. */
  readonly onRename: (name: string) => Promise<void>
}

/** The board's name; a press turns it into a field. Enter or leaving keeps the new name, Escape the old. */
export function BoardName({ name, isEditable, onRename }: BoardNameProps) {
  const [draft, setDraft] = useState<string>()
  const [sent, setSent] = useState<string>()

  async function finish(): Promise<void> {
    const next = draft?.trim()
    setDraft(undefined)
    if (!next || next === name) return
    setSent(next)
    await onRename(next)
    setSent(undefined)
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    // The canvas listens for keys too: Escape and letters in here are not for it.
    event.stopPropagation()
    if (event.key === 'Enter') event.currentTarget.blur()
    if (event.key === 'Escape') setDraft(undefined)
  }

  if (draft !== undefined) {
    return (
      <input
        className="board-name board-name-input"
        aria-label="Board name"
        value={draft}
        maxLength={120}
        autoFocus
        onFocus={(event) => event.target.select()}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => void finish()}
      />
    )
  }
  const shown = sent ?? name
  return (
    <h1 className="board-heading">
      {isEditable ? (
        <button
          type="button"
          className="board-name board-name-button"
          aria-label={`${shown}, rename`}
          title="Rename"
          onClick={() => setDraft(name)}
        >
          {shown}
        </button>
      ) : (
        <span className="board-name">{shown}</span>
      )}
    </h1>
  )
}
