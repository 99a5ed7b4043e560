import type { ElementId } from '@sketchroom/shared/ids'
import type { Motion } from '@sketchroom/shared/presence'
import type { Clock } from './clock.ts'
import { sameMotion } from './motion.ts'

/** How long a motion that ended is still shown when the document has not yet told where it ended. */
const LINGER_MS = 500

interface Preview {
  readonly motion: Motion
  /** The document has changed since: it knows better. */
  overtaken: boolean
  /** The person has changed the element under it: not shown any more. */
  dismissed: boolean
  /** Set when the motion ended before the document told: when to stop showing it. */
  cancelLinger?: () => void
}

/**
 * Others' motion, shown until the document catches up. A motion's end and the edit that it led to come on
 * different ways, in either order; without the linger a shape would jump back and forth.
 */
export class MotionPreviews {
  readonly #clock: Clock
  readonly #onChange: (ids: Iterable<ElementId>) => void
  readonly #previews = new Map<ElementId, Preview>()

  /** `onChange` is told which elements are to be shown anew. */
  constructor(clock: Clock, onChange: (ids: Iterable<ElementId>) => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  /** The motion to show for an element. */
  of(id: ElementId): Motion | undefined {
    const preview = this.#previews.get(id)
    return preview?.dismissed ? undefined : preview?.motion
  }

  /** Takes all motion that is going on now. */
  show(motions: ReadonlyMap<ElementId, Motion>): void {
    const changed: ElementId[] = []
    for (const [id, preview] of this.#previews) {
      if (motions.has(id) || preview.cancelLinger) continue
      if (preview.overtaken) {
        this.#previews.delete(id)
        changed.push(id)
      } else {
        preview.cancelLinger = this.#clock.after(LINGER_MS, () => this.#drop(id))
      }
    }
    for (const [id, motion] of motions) {
      const preview = this.#previews.get(id)
      preview?.cancelLinger?.()
      if (preview && sameMotion(preview.motion, motion)) {
        delete preview.cancelLinger
        continue
      }
      this.#previews.set(id, { motion, overtaken: false, dismissed: false })
      changed.push(id)
    }
    if (changed.length > 0) this.#onChange(changed)
  }

  /** Takes note that the document has changed an element. Call it before the element is shown anew. */
  documentChanged(id: ElementId): void {
    const preview = this.#previews.get(id)
    if (!preview) return
    preview.overtaken = true
    if (preview.cancelLinger) this.#forget(id)
  }

  /** Shows an element's motion no longer, until it is another motion. */
  dismiss(id: ElementId): void {
    const preview = this.#previews.get(id)
    if (preview) preview.dismissed = true
  }

  /** Stops all timers. */
  stop(): void {
    for (const preview of this.#previews.values()) preview.cancelLinger?.()
    this.#previews.clear()
  }

  #drop(id: ElementId): void {
    this.#forget(id)
    this.#onChange([id])
  }

  #forget(id: ElementId): void {
    this.#previews.get(id)?.cancelLinger?.()
    this.#previews.delete(id)
  }
}
