import type { ReactNode } from 'react'
import './board-card.css'
import './board-grid.css'

/** Lays boards out as cards, or as rows on a phone. */
export function BoardGrid({ children, label }: { children: ReactNode; label: string }) {
  return (
    <ul className="board-grid" aria-label={label}>
      {children}
    </ul>
  )
}

/** Stands in for boards that are on their way. */
export function BoardGridSkeleton() {
  return (
    <div className="board-grid" role="status" aria-label="Loading your boards">
      {[70, 45, 60, 52].map((width) => (
        <div key={width} className="board-card board-card-skeleton" aria-hidden="true">
          <div className="board-card-link">
            <div className="board-cover" />
            <div className="board-card-text">
              <span className="board-card-name">
                <span className="skeleton" style={{ width: `${width}%`, margin: '0.35em 0' }} />
              </span>
              <span className="board-card-facts">
                <span className="skeleton" style={{ width: '80%', margin: '0.35em 0' }} />
              </span>
            </div>
          </div>
        </div>
      ))}
    </div>
  )
}
