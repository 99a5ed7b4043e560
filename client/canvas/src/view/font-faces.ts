import { FONT_FAMILY, restoreElements } from '@excalidraw/excalidraw'
import type { ExcalidrawElement } from '@excalidraw/excalidraw/element/types'

/** A font face of the editor's that can be made anew. */
interface RenewableFace extends FontFace {
  renew(): FontFace
}

const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 60_000

/** Those that failed and have a successor. The editor keeps them in a list of its own. */
const replaced = new Set<FontFace>()

/**
 * Makes the editor list its fonts, once for the page, so that they can be asked for again: a font face that has failed to
 * load, such as one that was needed offline, never tries again, and tells nobody where it comes from.
 */
export function listFonts(): void {
  const Plain = globalThis.FontFace
  class Face extends Plain implements RenewableFace {
    readonly #made: ConstructorParameters<typeof Plain>

    constructor(...made: ConstructorParameters<typeof Plain>) {
      super(...made)
      this.#made = made
    }

    renew(): FontFace {
      return new Face(...this.#made)
    }
  }
  globalThis.FontFace = Face
  try {
    // The editor has no call for it: it lists its fonts when it needs to know one, as of a text without a height.
    const text = { id: 'text', type: 'text', text: ' ', fontFamily: FONT_FAMILY.Excalifont, width: 1, height: 0 }
    restoreElements([text as unknown as ExcalidrawElement], null)
  } finally {
    globalThis.FontFace = Plain
  }
}

/** Whether all letters can be drawn in a font as it is meant. */
export function areFontsThere(font: string, letters: string): boolean {
  // The editor adds what it misses from its list again, as when it makes an image or another board is opened.
  for (const face of replaced) document.fonts.delete(face)
  // While fonts are coming, the editor still has the widths of another one.
  return document.fonts.status === 'loaded' && document.fonts.check(font, letters)
}

/**
 * Tells when fonts have come, until the returned function is called. Those that failed are asked for again: when the
 * network is back, and from time to time, because it may be the server that was away.
 */
export function watchFonts(onLoaded: () => void): () => void {
  const stop = new AbortController()
  const { signal } = stop
  let delay = FIRST_RETRY_MS
  let timer: ReturnType<typeof setTimeout> | undefined

  /** The editor hears of it too, perhaps later, and until then measures letters by the widths of another font. */
  function tellLoaded(): void {
    if (!signal.aborted) onLoaded()
  }

  function retry(): void {
    clearTimeout(timer)
    timer = undefined
    for (const face of document.fonts) if (face.status === 'error' && 'renew' in face) replace(face as RenewableFace)
  }

  function retryLater(): void {
    if (timer !== undefined) return
    timer = setTimeout(retry, delay)
    delay = Math.min(delay * 2, LAST_RETRY_MS)
  }

  document.fonts.addEventListener('loadingdone', () => setTimeout(tellLoaded), { signal })
  document.fonts.addEventListener('loadingerror', retryLater, { signal })
  window.addEventListener(
    'online',
    () => {
      delay = FIRST_RETRY_MS
      retry()
    },
    { signal },
  )
  // Those that failed before anybody watched.
  retry()
  return () => {
    stop.abort()
    clearTimeout(timer)
  }
}

function replace(face: RenewableFace): void {
  const next = face.renew()
  replaced.add(face)
  document.fonts.delete(face)
  document.fonts.add(next)
  next.load().catch(() => {
    // The set of fonts tells it as well, and it is tried again.
  })
}
