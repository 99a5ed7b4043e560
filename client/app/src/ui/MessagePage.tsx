import type { ReactNode } from 'react'
import './message-page.css'

interface MessagePageProps {
  readonly icon: ReactNode
  readonly title: string
  readonly text: ReactNode
  /** What one can do now: buttons or links. There is always a way on. */
  readonly actions: ReactNode
  /** What else there is to say or do, below. */
  readonly more?: ReactNode
  /** Whether it is the page itself, or a part of one that has its own heading. */
  readonly whole?: boolean
  /** For a failure that came while the person looked on: screen readers say it at once. */
  readonly alert?: boolean
}

/** A state that has nothing to show but what happened and what to do about it. */
export function MessagePage({ icon, title, text, actions, more, whole = false, alert = false }: MessagePageProps) {
  const Heading = whole ? 'h1' : 'h2'
  const Tag = whole ? 'main' : 'div'
  return (
    <Tag className={whole ? 'message-page message-page-full' : 'message-page'} id={whole ? 'content' : undefined}>
      <span className="message-page-icon" aria-hidden="true">
        {icon}
      </span>
      <div role={alert ? 'alert' : undefined}>
        <Heading>{title}</Heading>
        <p>{text}</p>
      </div>
      <div className="message-page-actions">{actions}</div>
      {more}
    </Tag>
  )
}
