import { Search } from 'lucide-react'
import './search-field.css'

interface SearchFieldProps {
  /** How it is called; also what stands in it while it is empty, unless `placeholder` is given. */
  readonly label: string
  readonly placeholder?: string
  readonly maxLength?: number
  readonly className: string
  readonly value: string
  readonly onChange: (typed: string) => void
}

/** A field to search by. How wide it is, its place decides by `className`. */
export function SearchField({ label, placeholder = label, maxLength, className, value, onChange }: SearchFieldProps) {
  return (
    <search className={`search-field ${className}`}>
      <Search size={18} aria-hidden="true" />
      <input
        className="input"
        type="search"
        maxLength={maxLength}
        placeholder={placeholder}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </search>
  )
}
