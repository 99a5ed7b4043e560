import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import {
  changedKeys,
  elementOf,
  type ElementValues,
  placeholderFor,
  unkeptKeys,
  valuesOf,
  withKeys,
} from '@sketchroom/shared/scene/codec'
import { findElement } from '@sketchroom/shared/scene/document'
import type { BoundElement } from '@sketchroom/shared/scene/element'
import { compareOrder, orderRepairs } from '@sketchroom/shared/scene/order'
import { isTooLongForLabel } from '@sketchroom/shared/scene/weight'
import { apart } from './apart.ts'
import { lightenedOf } from './lightened.ts'
import { withMotion } from './motion.ts'
import type { MotionPreviews } from './motion-previews.ts'
import type { SceneReader } from '@sketchroom/shared/scene/scene-reader'
import type { SceneView, ViewElement } from './scene-view.ts'
import type { Shadow } from './shadow.ts'
import { ShownWeights } from './shown-weights.ts'
import { toldAgainst } from './told-change.ts'
import { nextVersion, sameBound } from './view-element.ts'

const NO_CHANGES: ReadonlyMap<string, unknown> = new Map()

/** Shows the document's changes in the view: only the elements that changed become new objects. */
export class RemoteMerger {
  readonly #doc: Y.Doc
  readonly #view: SceneView
  readonly #shadow: Shadow
  readonly #previews: MotionPreviews
  readonly #reader: SceneReader
  readonly #weights = new ShownWeights()

  constructor(doc: Y.Doc, view: SceneView, shadow: Shadow, previews: MotionPreviews, reader: SceneReader) {
    this.#doc = doc
    this.#view = view
    this.#shadow = shadow
    this.#previews = previews
    this.#reader = reader
  }

  /**
   * Shows these elements as the document has them now, with the view's own unwritten changes kept (`keepLocal`) or
   * put back. Those that are `inHand`, or hang on what is, are left alone and returned: they have to wait for the
   * gesture's end.
   */
  merge(ids: Iterable<ElementId>, inHand: (id: ElementId) => boolean, keepLocal: boolean): Set<ElementId> {
    const waiting = new Set<ElementId>()
    const found = new Map<ElementId, ElementValues | undefined>()
    const take = (others: Iterable<ElementId>): [ElementId, ElementValues | undefined][] => {
      const taken: [ElementId, ElementValues | undefined][] = []
      for (const id of others) {
        if (found.has(id)) continue
        const values = findElement(this.#doc, id)
        // The editor would move what comes into a frame that it drags, or a label, by all of the way at each step.
        if (inHand(id) || holderOf(values).some(inHand)) {
          waiting.add(id)
          continue
        }
        found.set(id, values)
        taken.push([id, values])
      }
      return taken
    }
    // What gained or lost an arrow or a label is shown anew too, and so are the texts of a shape, and what hangs on those.
    for (let taken = take(ids); taken.length > 0;) taken = take(this.#reader.note(taken))

    const elements = this.#view.getElements()
    const present = new Map(elements.map((element) => [element.id, element]))
    const replaced = new Map<ElementId, ViewElement>()
    const theirs = new Set<ElementId>()
    this.#reader.together(() => {
      for (const [id, stored] of found) {
        const current = present.get(id)
        const isTheirs = current !== undefined && keepLocal && this.#shadow.hasOwn(current)
        const rebuild = (values: ElementValues | undefined) => () => this.#rebuild(id, values, current, keepLocal)
        const element = apart(rebuild(stored), () => apart(rebuild(placeholderFor(stored?.keys))))
        if (!element) continue
        replaced.set(id, element)
        if (isTheirs) theirs.add(id)
      }
    })
    if (replaced.size > 0) this.#view.applyRemote(this.#placed(elements, present, replaced, inHand), theirs)
    for (const id of replaced.keys()) this.#shadow.given(id)
    this.#route([...found.keys()].flatMap((id) => replaced.get(id) ?? present.get(id) ?? []))
    return waiting
  }

  /** Shows elbow arrows whose way nobody has found yet as the editor leads them, now that it has their shapes. */
  #route(elements: readonly ViewElement[]): void {
    const routed = new Map<ElementId, ViewElement>()
    for (const element of elements) {
      const { id } = element
      if (element.type !== 'arrow' || !element.elbowed || element.isDeleted) continue
      const entry = this.#shadow.get(id)
      // Somebody's motion is shown as they see it.
      if (!entry || entry.values !== entry.shown || this.#reader.isRouteFresh(id)) continue
      const found = apart(() => this.#view.routeElbow(id))
      const shown = valuesOf(element)
      if (!found || !shown || changedKeys(shown, found).size === 0) continue
      const { from, to, route, elbow } = found.keys
      const led = new Map(Object.entries({ from, to, route, elbow }))
      const next = nextVersion(
        { ...elementOf(id, withKeys(shown, led)), boundElements: element.boundElements },
        element,
      )
      const agreed = withKeys(entry.values, led)
      const { stored } = entry
      this.#shadow.agree(
        id,
        { stored, values: agreed, shown: agreed },
        this.#shadow.isDirty(element) ? undefined : next,
      )
      routed.set(id, next)
    }
    if (routed.size > 0) {
      this.#view.applyRemote(this.#view.getElements().map((element) => routed.get(element.id) ?? element))
    }
  }

  /** The new object for an element; undefined when the view already shows it. */
  #rebuild(
    id: ElementId,
    stored: ElementValues | undefined,
    current: ViewElement | undefined,
    keepLocal: boolean,
  ): ViewElement | undefined {
    const entry = this.#shadow.get(id)
    const values = stored && this.#reader.read(id, stored)
    if (!values) {
      const isKept = keepLocal && !entry && current && !this.#shadow.isNothing(current)
      this.#shadow.forget(id)
      this.#weights.forget(id)
      const gone = !isKept && current && !current.isDeleted
      return gone ? nextVersion({ ...current, isDeleted: true }, current) : undefined
    }
    // The view only needs what is deleted when the person may undo it, that is when it has been there.
    if (!entry && !current && values.keys.isDeleted === true) return undefined

    const motion = this.#previews.of(id)
    const whole = motion ? withMotion(values, motion) : values
    const shown = this.#withoutLongContainer(this.#weights.lighten(id, whole))
    const changes = entry && current && keepLocal ? this.#shadow.localChanges(current) : NO_CHANGES
    const local = entry ? toldAgainst(shown, entry, changes) : changes
    const wanted = withKeys(shown, local)
    const bound = boundWithin(shown, this.#reader.boundTo(id))
    const unchanged = current && shows(current, wanted) && sameBound(current.boundElements, bound)
    const made = () => ({
      ...(shown === whole ? elementOf(id, wanted) : lightenedOf(id, wanted)),
      boundElements: bound,
    })
    const element = unchanged ? current : nextVersion(made(), current)
    // Who has deleted it did so before they could see this.
    const known = entry && local.get('isDeleted') === true ? entry.stored : stored
    this.#shadow.agree(id, { stored: known, values, shown }, local.size === 0 ? element : undefined)
    return unchanged ? undefined : element
  }

  /** The label of an arrow that is too long to have one is shown beside it. */
  #withoutLongContainer(values: ElementValues): ElementValues {
    const { containerId } = values.keys
    if (typeof containerId !== 'string' || this.#reader.kindOf(containerId) !== 'arrow') return values
    const arrow = this.#reader.read(containerId)
    return arrow && isTooLongForLabel(arrow) ? withKeys(values, new Map([['containerId', null]])) : values
  }

  /** All elements with the new ones in their places. */
  #placed(
    elements: readonly ViewElement[],
    present: ReadonlyMap<ElementId, ViewElement>,
    replaced: ReadonlyMap<ElementId, ViewElement>,
    inHand: (id: ElementId) => boolean,
  ): readonly ViewElement[] {
    const next = elements.map((element) => replaced.get(element.id) ?? element)
    let moved = false
    for (const [id, element] of replaced) {
      const before = present.get(id)
      if (!before) next.push(element)
      if (before?.index !== element.index) moved = true
    }
    if (!moved) return next
    next.sort(compareOrder)
    const repairs = orderRepairs(next)
    if (repairs.size === 0) return next
    // A repair is a local change: the shadow keeps the document's key, so that the next flush writes the new one.
    return next.map((element) => {
      const index = repairs.get(element.id)
      if (index === undefined) return element
      const repaired = nextVersion({ ...element, index }, element)
      // The editor keeps hold of what is under a gesture: the same object has to go on.
      return inHand(element.id) ? Object.assign(element, repaired) : repaired
    })
  }
}

function shows(element: ViewElement, wanted: ElementValues): boolean {
  const values = valuesOf(element)
  if (values?.type !== wanted.type || changedKeys(values, wanted).size > 0) return false
  // A text without words counts as deleted, and the editor may still have it.
  return element.isDeleted === (wanted.keys.isDeleted === true) && unkeptKeys(element).length === 0
}

function boundWithin(values: ElementValues, bound: BoundElement[] | null): BoundElement[] | null {
  return bound && isTooLongForLabel(values) ? bound.filter(({ type }) => type !== 'text') : bound
}

/** What an element hangs on: the frame that it is in, the shape that it labels. */
function holderOf(values: ElementValues | undefined): ElementId[] {
  return [values?.keys.frameId, values?.keys.containerId].filter((id) => typeof id === 'string')
}
