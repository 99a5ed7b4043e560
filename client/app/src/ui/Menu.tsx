import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import './menu.css'

interface MenuProps {
  /** The accessible name of the button. */
  readonly label: string
  readonly buttonClass: string
  readonly button: ReactNode
  /** Elements with `role="menuitem"`; other content may stand between them. */
  readonly children: ReactNode
}

/**
 * A button that opens a menu below its right edge. The browser's popover closes it on Escape or a press
 * outside and gives the focus back; arrow keys, Home and End walk through it.
 */
export function Menu({ label, buttonClass, button, children }: MenuProps) {
  const id = useId()
  const buttonRef = useRef<HTMLButtonElement>(null)
  const menuRef = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)

  const items = () => [...(menuRef.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]

  function place(): void {
    const menu = menuRef.current
    const anchor = buttonRef.current?.getBoundingClientRect()
    if (!menu || !anchor) return
    menu.style.right = `${Math.max(8, document.documentElement.clientWidth - anchor.right)}px`
    const above = anchor.bottom + menu.offsetHeight + 8 > window.innerHeight && anchor.top > menu.offsetHeight
    menu.style.top = above ? 'auto' : `${anchor.bottom + 6}px`
    menu.style.bottom = above ? `${window.innerHeight - anchor.top + 6}px` : 'auto'
  }

  function walk(event: KeyboardEvent): void {
    const all = items()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    all[next % all.length]?.focus()
  }

  return (
    <>
      <button
        ref={buttonRef}
        type="button"
        className={buttonClass}
        popoverTarget={id}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
      >
        {button}
      </button>
      <div
        ref={menuRef}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        className="menu"
        onToggle={(event) => {
          setOpen(event.newState === 'open')
          if (event.newState !== 'open') return
          place()
          items()[0]?.focus()
        }}
        onKeyDown={walk}
        onClick={(event) => {
          if ((event.target as Element).closest('[role=menuitem]')) menuRef.current?.hidePopover()
        }}
      >
        {children}
      </div>
    </>
  )
}
