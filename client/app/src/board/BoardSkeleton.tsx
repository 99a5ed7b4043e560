import './board-skeleton.css'

/** Where the tools will be, while the canvas is on its way. */
export function BoardSkeleton() {
  return (
    <div className="board-skeleton" role="status" aria-label="Opening the board">
      <span className="board-skeleton-tools" />
    </div>
  )
}
