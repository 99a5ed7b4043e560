import type { Presence } from '@sketchroom/shared/presence'
import type { SceneView } from '../binding/scene-view.ts'

/** The visible part of the scene; see `Presence`. */
export type Viewport = NonNullable<Presence['viewport']>
/** Where the pointer is; see `Presence`. */
export type Pointer = NonNullable<Presence['pointer']>

/** Somebody else on the board, as the surface draws them. */
export interface RemotePerson {
  readonly clientId: number
  readonly name: string
  /** `#rrggbb`. */
  readonly color: string
  readonly pointer: Pointer | undefined
  readonly selection: readonly string[]
  readonly activity: 'active' | 'idle' | 'away'
}

/** The editor on the screen, beyond the elements: people, the viewport, and who is followed. */
export interface DrawingSurface extends SceneView {
  showPeople(people: readonly RemotePerson[]): void
  getSelection(): readonly string[]
  getViewport(): Viewport
  /** Moves the view so that all of this is seen. */
  showViewport(viewport: Viewport): void
  /** Shows all that is drawn, or a part where it is more than the editor can show; leaves an empty board as it is. */
  zoomToFit(): void
  /**
   * Goes where the drawing is when a board opens: to the element that the address names, else to all of it, or to a
   * part of it where there is something to see.
   */
  goToDrawing(): void
  /** Marks whom this person follows; null stops. Moving the view oneself stops it too. */
  follow(person: Pick<RemotePerson, 'clientId' | 'name'> | null): void
  /** The client that is followed. */
  getFollowed(): number | null
  /** Takes the keyboard. */
  focus(): void
  /** Calls when fonts have come. Returns what ends it. */
  watchFonts(onLoaded: () => void): () => void
}

/** What happens on the surface. */
export interface SurfaceEvents {
  /** Elements, selection, viewport, gesture or who is followed may have changed. Often. */
  readonly onChange: () => void
  readonly onPointer: (pointer: Pointer) => void
}
