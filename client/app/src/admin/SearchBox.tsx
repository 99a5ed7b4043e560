import { useEffect, useState } from 'react'
import { Search } from 'lucide-react'

/** The search waits for a pause in typing. */
const PAUSE_MS = 300

/** A search field that calls back when somebody has paused. */
export function SearchBox({ label, onSearch }: { label: string; onSearch: (text: string) => void }) {
  const [typed, setTyped] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => onSearch(typed.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed, onSearch])
  return (
    <search className="admin-search">
      <Search size={18} aria-hidden="true" />
      <input
        className="input"
        type="search"
        maxLength={254}
        placeholder={label}
        aria-label={label}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </search>
  )
}
