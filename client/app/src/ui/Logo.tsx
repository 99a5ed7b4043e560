import './logo.css'

/** The mark: a line drawn in one go on a blue tile, and the point where it ends. */
export function LogoMark({ sizePx = 30 }: { sizePx?: number }) {
  return (
    <svg width={sizePx} height={sizePx} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#2a48c8" />
      <path
        d="M8.2 20.6c2.6-6.9 5-10.6 7-10.3 2.6.4-1.9 8.4.4 8.9 1.9.4 3.3-4.6 5.2-4.2 1.5.3.3 3.8 3.2 3.6"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="23.6" cy="24" r="1.9" fill="#ffd166" />
    </svg>
  )
}

/** Mark and name. */
export function Logo() {
  return (
    <span className="logo">
      <LogoMark />
      SketchRoom
    </span>
  )
}
