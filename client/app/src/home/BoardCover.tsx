import { coverShapes, COVER_SIZE } from './cover-shapes.ts'
import './board-cover.css'

/** The little sketch on a board's card. Decorative: it is made of the id, not of what is drawn. */
export function BoardCover({ id }: { id: string }) {
  return (
    <svg
      className="board-cover"
      viewBox={`0 0 ${COVER_SIZE.width} ${COVER_SIZE.height}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      {coverShapes(id).map(({ d, tone, filled }) => (
        <path key={d} d={d} className={`cover-tone-${tone}${filled ? ' cover-filled' : ''}`} />
      ))}
    </svg>
  )
}
