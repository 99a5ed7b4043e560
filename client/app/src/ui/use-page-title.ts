import { useEffect } from 'react'

/** Keeps the document's title at what the page shows. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · SketchRoom` : 'SketchRoom'
  }, [title])
}
