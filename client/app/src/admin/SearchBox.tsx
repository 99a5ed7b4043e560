import { useEffect, useState } from 'react'
import { SearchField } from '../ui/SearchField.tsx'

/** The search waits for a pause in typing. */
const PAUSE_MS = 300

/** A search field that calls back when somebody has paused. */
export function SearchBox({ label, onSearch }: { label: string; onSearch: (text: string) => void }) {
  const [typed, setTyped] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => onSearch(typed.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed, onSearch])
  return <SearchField label={label} maxLength={254} className="admin-search" value={typed} onChange={setTyped} />
}
