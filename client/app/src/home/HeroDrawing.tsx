/** Two people sketching a plan on one board, drawn by hand. Decorative. */
export function HeroDrawing() {
  return (
    <svg className="hero-drawing" viewBox="0 0 560 420" aria-hidden="true">
      <defs>
        <pattern id="dots" width="20" height="20" patternUnits="userSpaceOnUse">
          <circle cx="2" cy="2" r="1" className="drawing-dot" />
        </pattern>
      </defs>
      <path
        className="drawing-sheet"
        d="M27 23C160 15 402 18 534 24c4 96 3 262-1 373-140 7-372 6-507-1C20 290 21 130 27 23Z"
      />
      <path fill="url(#dots)" d="M40 36h482v350H40z" />

      <g className="drawing-ink">
        <path d="M82 96c48-3 98-2 141 0 2 26 2 57-1 84-46 3-96 2-140-1-2-29-2-56 0-83Z" className="fill-blue" />
        <path d="M108 126c26-2 58-1 88 0M108 149c18-1 38-1 60 0" className="thin" />
        <path d="M407 92c40-3 71 17 71 46 0 30-33 50-73 49-39-1-70-21-69-49 1-27 31-44 74-46" className="fill-green" />
        <path d="M378 139c8 6 15 13 20 20 10-17 22-31 37-43" />
        <path d="M236 137c28-14 54-15 82-3M303 121l17 13-20 11" />
        <path d="M152 194c-6 32 3 62 27 86M162 273l19 9 3-21" />
        <path d="M404 201c-4 26-16 49-37 69M364 249l1 23 21-6" />
        <path d="M196 280c54-5 112-4 166 0 2 24 2 44-1 66-54 4-112 3-165-1-2-22-2-43 0-65Z" className="fill-amber" />
        <path d="M222 318c10-20 18-27 24-24 8 4-6 24 2 26 7 2 12-14 19-13 6 2 1 12 11 12 8 0 10-9 18-9 9 0 8 8 17 7 9-1 12-6 22-7" />
      </g>

      <g className="drawing-star">
        <path d="m458 286 7 18 19 1-15 12 6 19-17-11-16 11 5-19-15-12 19-1Z" />
      </g>

      <g className="drawing-cursor" transform="translate(346 316)">
        <path d="M0 0l6 24 6-9 10-3Z" fill="#c2255c" />
        <rect x="14" y="20" width="46" height="24" rx="8" fill="#c2255c" />
        <text x="37" y="36.5">
          Ada
        </text>
      </g>
      <g className="drawing-cursor drawing-cursor-late" transform="translate(222 62)">
        <path d="M0 0l6 24 6-9 10-3Z" fill="#1971c2" />
        <rect x="14" y="20" width="42" height="24" rx="8" fill="#1971c2" />
        <text x="35" y="36.5">
          Lin
        </text>
      </g>
    </svg>
  )
}
