import type { ElementId } from '@sketchroom/shared/ids'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { lighten } from '@sketchroom/shared/scene/lighten'
import { pictureOf, weightOf } from '@sketchroom/shared/scene/weight'

/** What one element may weigh as it is shown: a tenth of a second; as much as a minute of drawing by hand. */
const MOST_OF_ONE = 2_000
/**
 * What one element takes in any case, of what there is to draw and of its picture (in pixels), however much is on the board:
 * a board of thousands of handwritten letters, of which a long stroke has 400 points, is shown as it is.
 */
const FREE = { weight: 200, picture: 100_000 }
/** What all may take together beyond that: a second to draw, and 800 MB if all of it comes into the window at zoom 1. */
const MOST_OF_ALL = { weight: 20_000, picture: 200_000_000 }

/**
 * Sees to it that a board can be shown whatever is on it. What is too much to draw is shown lighter; when many are heavy,
 * those that come last are lighter still. Only what is shown changes, and nothing of that is written: see `toldAgainst`.
 */
export class ShownWeights {
  readonly #taken = new Map<ElementId, typeof FREE>()
  readonly #left = { ...MOST_OF_ALL }

  /** An element as it is to be shown. */
  lighten(id: ElementId, values: ElementValues): ElementValues {
    this.forget(id)
    const shown = lighten(values, {
      weight: Math.min(MOST_OF_ONE, FREE.weight + Math.max(0, this.#left.weight)),
      picture: FREE.picture + Math.max(0, this.#left.picture),
    })
    const taken = {
      weight: Math.max(0, weightOf(shown) - FREE.weight),
      picture: Math.max(0, pictureOf(shown) - FREE.picture),
    }
    if (taken.weight > 0 || taken.picture > 0) this.#take(id, taken)
    return shown
  }

  /** An element is gone. */
  forget(id: ElementId): void {
    const taken = this.#taken.get(id)
    if (!taken) return
    this.#taken.delete(id)
    this.#left.weight += taken.weight
    this.#left.picture += taken.picture
  }

  #take(id: ElementId, taken: typeof FREE): void {
    this.#taken.set(id, taken)
    this.#left.weight -= taken.weight
    this.#left.picture -= taken.picture
  }
}
