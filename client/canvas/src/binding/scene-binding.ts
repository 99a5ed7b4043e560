import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import type { Motion } from '@sketchroom/shared/presence'
import { observeElements, readElements } from '@sketchroom/shared/scene/document'
import { type Clock, systemClock } from './clock.ts'
import { type Hand, LocalWriter, type Pace } from './local-writer.ts'
import { motionOf, sameMotion } from './motion.ts'
import { MotionPreviews } from './motion-previews.ts'
import { RemoteMerger } from './remote-merger.ts'
import { SceneReader } from '@sketchroom/shared/scene/scene-reader'
import type { Gesture, SceneView } from './scene-view.ts'
import { Shadow } from './shadow.ts'
import { Throttle } from './throttle.ts'

/** The least time between two writes of each pace, in milliseconds. */
const INTERVALS_MS: Readonly<Record<Pace, number>> = { soon: 50, ink: 100, words: 200, gesture: 1_000 }
const MERGE_INTERVAL_MS = 16
const MOTION_INTERVAL_MS = 50
const MAX_MOVING_ELEMENTS = 50

const NO_GESTURE: Gesture = { pointerDown: false, held: new Set() }

/** What a binding joins. */
export interface SceneBindingOptions {
  readonly doc: Y.Doc
  readonly view: SceneView
  /** Whether the person may draw; see `setWritable`. Default true. */
  readonly writable?: boolean
  /** Told, at most 20 times a second, where the elements in the person's hand are; empty when the gesture ends. */
  readonly onMotion?: (motion: Readonly<Record<ElementId, Motion>>) => void
  /** Told when the view begins or ceases to hold something of the person's that is not written. */
  readonly onUnwritten?: (hasUnwritten: boolean) => void
  readonly clock?: Clock
}

/**
 * Keeps a document and an editor's view the same. Making one shows the document in the view. The view's owner
 * calls `noteChange` after every change and gesture; the document is observed.
 */
export class SceneBinding {
  readonly #doc: Y.Doc
  readonly #view: SceneView
  readonly #clock: Clock
  readonly #onMotion: (motion: Readonly<Record<ElementId, Motion>>) => void
  readonly #onUnwritten: (hasUnwritten: boolean) => void
  readonly #shadow = new Shadow()
  readonly #previews: MotionPreviews
  readonly #reader: SceneReader
  readonly #writer: LocalWriter
  readonly #merger: RemoteMerger
  readonly #mergeSoon: Throttle
  readonly #emitMotionSoon: Throttle
  readonly #unobserve: () => void
  #writable: boolean
  #hasUnwritten = false

  #gesture = NO_GESTURE
  /** What the present gesture has changed. */
  readonly #touched = new Set<ElementId>()
  /** What the document has changed and the view has not been shown. */
  #pending = new Set<ElementId>()
  #motion: Readonly<Record<ElementId, Motion>> = {}
  readonly #flushedAt: Record<Pace, number>
  #flushTimer: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(options: SceneBindingOptions) {
    const { doc, view, writable = true, clock = systemClock } = options
    const { onMotion = () => {}, onUnwritten = () => {} } = options
    this.#doc = doc
    this.#view = view
    this.#clock = clock
    this.#onMotion = onMotion
    this.#onUnwritten = onUnwritten
    this.#writable = writable
    const never = Number.NEGATIVE_INFINITY
    this.#flushedAt = { soon: never, ink: never, words: never, gesture: never }
    this.#previews = new MotionPreviews(clock, (ids) => this.#show(ids))
    const reader = new SceneReader(doc, (text, container) => view.measure(text, container))
    this.#reader = reader
    this.#writer = new LocalWriter(doc, view, this.#shadow, reader, this)
    this.#merger = new RemoteMerger(doc, view, this.#shadow, this.#previews, reader)
    this.#mergeSoon = new Throttle(clock, MERGE_INTERVAL_MS, () => this.#merge())
    this.#emitMotionSoon = new Throttle(clock, MOTION_INTERVAL_MS, () => this.#emitMotion())
    this.#unobserve = observeElements(doc, (ids, origin) => {
      if (origin === this) return
      for (const id of ids) this.#previews.documentChanged(id)
      this.#show(ids)
    })
    this.#pending = new Set(readElements(doc).keys())
    this.#mergeSoon.run()
  }

  /** Says that the view may have changed: an element, what the pointer holds, or nothing. Cheap. */
  noteChange(): void {
    const before = this.#gesture
    const now = this.#view.getGesture()
    this.#gesture = now
    if (!this.#writable) return this.#putBack()
    if (now.pointerDown && !before.pointerDown) this.#flushedAt.gesture = this.#clock.now()

    let dirty = false
    const taken: ElementId[] = []
    const step = this.#view.historyStep()
    for (const element of this.#view.getElements()) {
      // The history brings back what had come to nothing, too, and nobody could pick it up.
      if (step && this.#shadow.isNothing(element) && !now.held.has(element.id)) this.#show([element.id])
      if (!this.#shadow.isDirty(element)) continue
      dirty = true
      if (step) this.#writer.noteStep(element.id, step)
      if (now.held.has(element.id) || (now.pointerDown && this.#shadow.isChanged(element)))
        this.#touched.add(element.id)
      if (this.#previews.of(element.id) && this.#shadow.isTaken(element)) taken.push(element.id)
    }
    // Who writes a label is at work on its shape, too.
    if (now.text && this.#touched.has(now.text.id)) for (const id of now.held) this.#touched.add(id)
    const released = new Set([...this.#touched].filter((id) => !this.#inHand(id)))
    for (const id of released) this.#touched.delete(id)
    const ended = released.size > 0 || (before.pointerDown && !now.pointerDown) || before.held.size > now.held.size
    const text = now.text ?? before.text
    if (ended) {
      this.#writer.noteReleased(released)
      // Before the flush: what is written then must find a label's shape there.
      this.#writer.keepReleased(released)
      this.#flush({ text })
      this.#writer.deleteVanished(released)
      this.#emitMotionSoon.run()
      if (this.#pending.size > 0) this.#mergeSoon.request()
    } else if (dirty) {
      this.#scheduleFlush(0)
      if (this.#touched.size > 0) this.#emitMotionSoon.request()
    }
    this.#writer.noteOpen(now.text?.id)
    for (const id of taken) this.#previews.dismiss(id)
    if (taken.length > 0) this.#show(taken)
    // An input method may have come to the end of a word for which others' words had to wait.
    if (now.text && this.#pending.has(now.text.id)) this.#mergeSoon.request()
    this.#tellUnwritten()
  }

  /** Says that fonts have come: texts that were measured without them are measured anew. */
  fontsCame(): void {
    this.#show(this.#reader.unmeasured())
  }

  /** Writes every change now, those of a gesture too: the page is about to be hidden. */
  flushNow(): void {
    this.#flush({ everything: true })
  }

  /** Shows where others are moving elements, as a preview that is never written. Takes all that is going on. */
  showMotion(motions: ReadonlyMap<ElementId, Motion>): void {
    this.#previews.show(motions)
  }

  /**
   * Says whether the person may draw. Without leave the gesture ends, and the view shows the document and nothing
   * else, from now on: what it shows beyond that was never written, and would be gone after a reload.
   */
  setWritable(writable: boolean): void {
    if (writable === this.#writable) return
    this.#writable = writable
    if (writable) return
    this.#view.endGesture()
    this.#touched.clear()
    this.#emitMotionSoon.run()
    for (const id of readElements(this.#doc).keys()) this.#pending.add(id)
    for (const { id } of this.#view.getElements()) this.#pending.add(id)
    this.#mergeSoon.run()
    this.#tellUnwritten()
  }

  /** Stops for good. Does not flush. */
  destroy(): void {
    this.#unobserve()
    this.#writer.destroy()
    this.#previews.stop()
    this.#mergeSoon.stop()
    this.#emitMotionSoon.stop()
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    if (this.#hasUnwritten) this.#onUnwritten(false)
  }

  /** Whether an element is under a gesture: others' changes to it wait, and its own are written seldom. */
  readonly #inHand = (id: ElementId): boolean =>
    this.#writable && (this.#gesture.held.has(id) || (this.#gesture.pointerDown && this.#touched.has(id)))

  /** Soon shows as the document has it what the view has changed without leave. A repaired order is the view's own affair. */
  #putBack(): void {
    for (const element of this.#view.getElements()) {
      const isStray = this.#shadow.get(element.id) ? this.#shadow.isChanged(element) : !element.isDeleted
      if (isStray) this.#pending.add(element.id)
    }
    if (this.#pending.size > 0) this.#mergeSoon.request()
  }

  #show(ids: Iterable<ElementId>): void {
    for (const id of ids) this.#pending.add(id)
    this.#mergeSoon.request()
  }

  #merge(): void {
    // The pointer may have gone down since the view last spoke.
    this.noteChange()
    const { text } = this.#gesture
    if (this.#writable && text && this.#pending.has(text.id)) this.#writer.takeWords(text.id, this.#hand())
    const ids = this.#pending
    this.#pending = new Set()
    for (const id of this.#merger.merge(ids, this.#inHand, this.#writable)) this.#pending.add(id)
    if (this.#view.getElements().some((element) => this.#shadow.isDirty(element))) this.#scheduleFlush(0)
  }

  #hand(text = this.#gesture.text): Hand {
    return { holds: this.#inHand, text }
  }

  #tellUnwritten(): void {
    const hasUnwritten = this.#writable && this.#writer.hasUnwritten()
    if (hasUnwritten === this.#hasUnwritten) return
    this.#hasUnwritten = hasUnwritten
    this.#onUnwritten(hasUnwritten)
  }

  #scheduleFlush(delayMs: number): void {
    if (!this.#writable) return
    const now = this.#clock.now()
    const at = Math.max(now + delayMs, this.#flushedAt.soon + INTERVALS_MS.soon)
    if (this.#flushTimer && this.#flushTimer.at <= at) return
    this.#flushTimer?.cancel()
    this.#flushTimer = { at, cancel: this.#clock.after(at - now, () => this.#flush()) }
  }

  #flush({ everything = false, text = this.#gesture.text } = {}): void {
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    if (!this.#writable) return
    const now = this.#clock.now()
    const isDue = (pace: Pace) => everything || pace === 'soon' || now >= this.#flushedAt[pace] + INTERVALS_MS[pace]
    const later = this.#writer.flush(isDue, this.#hand(text))
    const toShow = this.#writer.takeToShow()
    if (toShow.size > 0) this.#show(toShow)
    for (const pace of ['soon', 'ink', 'words', 'gesture'] as const) {
      if (later.has(pace)) this.#scheduleFlush(this.#flushedAt[pace] + INTERVALS_MS[pace] - now)
      else if (isDue(pace)) this.#flushedAt[pace] = now
    }
    this.#tellUnwritten()
  }

  #emitMotion(): void {
    const motion: Record<ElementId, Motion> = {}
    if (this.#writable && this.#touched.size > 0 && this.#touched.size <= MAX_MOVING_ELEMENTS) {
      for (const element of this.#view.getElements()) {
        if (!this.#touched.has(element.id)) continue
        const agreed = this.#shadow.get(element.id)?.values
        const told = this.#writer.told(element)
        if (!agreed || !told) continue
        const now = motionOf(told, agreed)
        const before = motionOf(agreed, agreed)
        if (now && (element.id in this.#motion || !before || !sameMotion(now, before))) motion[element.id] = now
      }
    }
    if (Object.keys(motion).length === 0 && Object.keys(this.#motion).length === 0) return
    this.#motion = motion
    this.#onMotion(motion)
  }
}
