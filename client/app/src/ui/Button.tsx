import type { ButtonHTMLAttributes, ReactNode } from 'react'
import './button.css'

/** How much a button wants to be pressed. */
export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook
  readonly size?: 'normal' | 'large' | 'icon'
  /** While true the button turns a spinner and ignores presses, but keeps the focus. */
  readonly busy?: boolean
  readonly icon?: ReactNode
}

/** The button of the whole app. An icon button needs an `aria-label`. */
export function Button({
  look = 'plain',
  size = 'normal',
  busy = false,
  icon,
  children,
  onClick,
  type = 'button',
  className = '',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`${buttonClass(look, size)} ${className}`}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon}
      {children}
    </button>
  )
}

/** The classes of a button, for links that look like one. */
export function buttonClass(look: ButtonLook, size: 'normal' | 'large' | 'icon' = 'normal'): string {
  return `button button-${look}${size === 'normal' ? '' : ` button-${size}`}`
}
