import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import {
  changedKeys,
  type ElementValues,
  isContent,
  unkeptKeys,
  valuesOf,
  withKeys,
} from '@sketchroom/shared/scene/codec'
import {
  createElement,
  findContainer,
  findElement,
  hasOthersWords,
  isMarkedDeleted,
  knownAfter,
  type WriteOptions,
  writeKeys,
} from '@sketchroom/shared/scene/document'
import { prepareForWriting } from '@sketchroom/shared/scene/migrations'
import type { SceneReader } from '@sketchroom/shared/scene/scene-reader'
import { type Fit, UNTRUSTED } from '@sketchroom/shared/scene/text-keys'
import { apart } from './apart.ts'
import { judgedFit } from './judged-fit.ts'
import { findLightened } from './lightened.ts'
import { meantChanges } from './meant-changes.ts'
import type { HistoryStep, OpenText, SceneView, ViewElement } from './scene-view.ts'
import type { Shadow, ShadowEntry } from './shadow.ts'
import { toldAgainst } from './told-change.ts'
import { isVisible } from './view-element.ts'
import { WordsWriter } from './words-writer.ts'

/**
 * How soon a change is due: `soon` at the next flush, `ink` for a stroke that grows and `words` for a text that is
 * written in (both cost only what is new), `gesture` for anything else that is still in hand, because every step of
 * it would stay in the document.
 */
export type Pace = 'soon' | 'ink' | 'words' | 'gesture'

/** What the person holds when changes are written. */
export interface Hand {
  /** Whether an element is under a gesture. */
  holds(id: ElementId): boolean
  /** The text that is open, or has just been closed. */
  readonly text: OpenText | undefined
}

interface ChangeOptions {
  /** The element as the view has it, when all of it is written. */
  readonly element?: ViewElement | undefined
  /** How many letters stand before the caret, of a text that is open. */
  readonly caret?: number | undefined
  /** Whether it is under a gesture: where it hangs on nothing that makes sense, its end may change that. */
  readonly held?: boolean
}

/** What changes with every letter. */
const OF_WORDS: ReadonlySet<string> = new Set(['words', 'fit', 'xy'])
/** What follows from other keys, and is found anew when they change. */
const HINTS: ReadonlySet<string> = new Set(['fit', 'route'])
/** What is shown of a line or a stroke may be some of it. */
const POINTS = ['via', 'ink'] as const
/** What a text's size depends on beside its words. */
const OF_FONT: ReadonlySet<string> = new Set(['fontFamily', 'fontSize', 'lineHeight'])

/** A text as it was shown, and where only its beginning was, with a fit that nobody trusts: none is known for all of it. */
function withWholeFit(shown: ElementValues, whole: ElementValues): ElementValues {
  const fit = whole.keys.fit as Fit | undefined
  if (!fit || fit === shown.keys.fit) return shown
  return withKeys(shown, new Map([['fit', [fit[0], fit[1], fit[2], UNTRUSTED]]]))
}

/** Writes the view's changes into the document, in one transaction per flush. */
export class LocalWriter {
  readonly #doc: Y.Doc
  readonly #view: SceneView
  readonly #shadow: Shadow
  readonly #origin: object
  readonly #reader: SceneReader
  readonly #words: WordsWriter
  readonly #steps = new Map<ElementId, HistoryStep>()
  #toShow = new Set<ElementId>()
  /** What has been written, of which the reader has not been told. */
  readonly #written = new Set<ElementId>()
  /** What the view shows while it is written. */
  #present: ReadonlyMap<ElementId, ViewElement> | undefined

  constructor(doc: Y.Doc, view: SceneView, shadow: Shadow, reader: SceneReader, origin: object) {
    this.#doc = doc
    this.#view = view
    this.#shadow = shadow
    this.#origin = origin
    this.#reader = reader
    this.#words = new WordsWriter(doc, view, shadow, origin)
  }

  /** Stops for good. */
  destroy(): void {
    this.#words.destroy()
  }

  /** What the view may show otherwise than it was written: labels and their shapes, and what is not kept. Told once. */
  takeToShow(): ReadonlySet<ElementId> {
    const toShow = this.#toShow
    if (toShow.size > 0) this.#toShow = new Set()
    return toShow
  }

  /** Writes every change whose pace is due; tells the paces of those that were left for later. */
  flush(isDue: (pace: Pace) => boolean, hand: Hand): Set<Pace> {
    const later = new Set<Pace>()
    const writes: (() => void)[] = []
    for (const element of this.#view.getElements()) {
      if (!this.#shadow.isDirty(element)) continue
      const held = hand.holds(element.id)
      const least = element.id === hand.text?.id ? 'words' : 'gesture'
      if (held && element.type !== 'freedraw' && this.#shadow.get(element.id) && !isDue(least)) {
        later.add(least)
        continue
      }
      const pace = apart(() => this.#plan(element, held, hand, isDue, writes))
      if (pace) later.add(pace)
    }
    this.#write(writes)
    return later
  }

  /** Takes note of which text is open: what is written in it until it is closed is one step of its history. */
  noteOpen(id: ElementId | undefined): void {
    this.#words.noteOpen(id)
  }

  /** Brings what others have written in the open text into the editor. */
  takeWords(id: ElementId, hand: Hand): void {
    this.#words.take(id, () => this.flush((pace) => pace === 'words', hand))
  }

  /** Whether the view shows something of its own that is not written. */
  hasUnwritten(): boolean {
    return this.#view.getElements().some((element) => {
      if (!this.#shadow.isDirty(element)) return false
      return !this.#shadow.get(element.id) || this.#shadow.localChanges(element).size > 0
    })
  }

  /** Keeps what a gesture has let go of and somebody else deleted meanwhile: the person was at work on it. */
  keepReleased(ids: ReadonlySet<ElementId>): void {
    const writes: (() => void)[] = []
    for (const element of this.#view.getElements()) {
      const { id } = element
      if (!ids.has(id) || element.isDeleted || !isMarkedDeleted(this.#doc, id)) continue
      writes.push(() => {
        writeKeys(this.#doc, id, new Map([['isDeleted', false]]))
        this.#written.add(id)
      })
    }
    this.#write(writes)
  }

  /** Takes note that the editor's history has changed an element: the person has taken something back, or done it again. */
  noteStep(id: ElementId, step: HistoryStep): void {
    this.#steps.set(id, step)
  }

  /** Takes note of what a gesture has let go: what was written of it while it was held may not be all it shows. */
  noteReleased(ids: ReadonlySet<ElementId>): void {
    for (const element of this.#view.getElements()) {
      if (!ids.has(element.id) || this.#shadow.isDirty(element)) continue
      const values = valuesOf(element)
      if (values) this.#noteUnkept(element, values)
    }
  }

  /** What the document will say of an element when the view's changes are written; undefined before it knows it. */
  told(element: ViewElement): ElementValues | undefined {
    const entry = this.#shadow.get(element.id)
    return entry && withKeys(entry.values, this.#tell(element.id, entry, this.#shadow.localChanges(element)))
  }

  /** Marks as deleted what the editor has dropped without a word: shapes that a gesture left without a size. */
  deleteVanished(ids: Iterable<ElementId>): void {
    const present = new Set(this.#view.getElements().map((element) => element.id))
    const writes: (() => void)[] = []
    for (const id of ids) {
      const entry = this.#shadow.get(id)
      if (!entry || present.has(id) || entry.values.keys.isDeleted === true) continue
      writes.push(() => this.#change(id, entry.values, entry.shown, new Map([['isDeleted', true]])))
    }
    this.#write(writes)
  }

  /** Adds what is to be written for a changed element; the pace of what it has to wait for. */
  #plan(
    element: ViewElement,
    held: boolean,
    { text }: Hand,
    isDue: (pace: Pace) => boolean,
    writes: (() => void)[],
  ): Pace | undefined {
    const { id } = element
    const values = this.#shadow.valuesOf(element)
    if (!values) return undefined
    const entry = this.#shadow.get(id)
    // Not in the shadow, but perhaps in the document: a deleted one that the view was never given.
    const stored = entry?.values ?? this.#reader.read(id)
    if (!stored || stored.type !== values.type) {
      if (!isVisible(element)) return undefined
      writes.push(() => this.#create(element, values))
      if (!held) this.#noteUnkept(element, values)
      return undefined
    }
    const shown = entry?.shown ?? stored
    const changes = entry ? this.#shadow.localChanges(element) : changedKeys(stored, values)
    const caret = id === text?.id ? text.caret : undefined
    if (held && caret !== undefined && !isDue('gesture')) {
      const ofWords = new Map([...changes].filter(([key]) => OF_WORDS.has(key)))
      const isAll = ofWords.size === changes.size
      writes.push(() => this.#change(id, stored, shown, ofWords, { element: isAll ? element : undefined, caret, held }))
      return isAll ? undefined : 'gesture'
    }
    const pace = !held ? 'soon' : changes.size === 1 && changes.has('ink') ? 'ink' : 'gesture'
    if (!isDue(pace)) return pace
    writes.push(() => this.#change(id, stored, shown, changes, { element, caret, held }))
    if (!held) this.#noteUnkept(element, values)
    return undefined
  }

  /** The changes as the document is told of them, less those that mean nothing there. */
  #tell(
    id: ElementId,
    entry: Pick<ShadowEntry, 'values' | 'shown'>,
    changes: ReadonlyMap<string, unknown>,
  ): ReadonlyMap<string, unknown> {
    if (entry.values === entry.shown) return changes
    const document = this.#reader.read(id) ?? entry.values
    return new Map([...toldAgainst(document, entry, changes)].filter(([key, value]) => value !== document.keys[key]))
  }

  #write(writes: readonly (() => void)[]): void {
    // A migration is nobody's change: outside our transaction, so that the view is shown what it did.
    if (writes.length === 0 || !prepareForWriting(this.#doc)) return
    this.#present = undefined
    this.#doc.transact(() => {
      // Each is told against what was shown before all of them.
      this.#reader.together(() => {
        for (const write of writes) apart(write)
      })
      const written = [...this.#written].map((id) => [id, findElement(this.#doc, id)] as const)
      this.#written.clear()
      for (const other of this.#reader.note(written)) this.#toShow.add(other)
      // Of an arrow that the person has made one with elbows the editor may show no way, only its ends.
      for (const [id, values] of written) if (values?.keys.elbow && !this.#reader.isRouteFresh(id)) this.#toShow.add(id)
    }, this.#origin)
  }

  /** An element as the person sees it. */
  readonly #seen = (id: ElementId): ElementValues | undefined => {
    this.#present ??= new Map(this.#view.getElements().map((element) => [element.id, element]))
    const element = this.#present.get(id)
    return element && this.#shadow.valuesOf(element)
  }

  #create(element: ViewElement, shown: ElementValues): void {
    const values = this.#wholeCopy(element, shown)
    const judged = this.#judged(values, values)
    // Everybody else measures it anew.
    if (judged.size > 0) this.#toShow.add(element.id)
    createElement(this.#doc, element.id, withKeys(values, judged), { seen: this.#seen })
    const stored = findElement(this.#doc, element.id) ?? values
    this.#shadow.agree(element.id, { stored, values, shown }, element)
    this.#shadow.noteOwn(element.id)
    this.#written.add(element.id)
  }

  /** What is new in the editor, whole: it may be a copy of what was shown lightened, and has what the person did to it since. */
  #wholeCopy(element: ViewElement, shown: ElementValues): ElementValues {
    const source = findLightened(element)
    const entry = source === undefined ? undefined : this.#shadow.get(source)
    if (!entry || entry.shown.type !== shown.type) return shown
    return withKeys(entry.values, toldAgainst(entry.values, entry, changedKeys(entry.shown, shown)))
  }

  #change(
    id: ElementId,
    stored: ElementValues,
    shown: ElementValues,
    changes: ReadonlyMap<string, unknown>,
    { element, caret, held = false }: ChangeOptions = {},
  ): void {
    const isDeleted = element?.isDeleted === true
    const step = this.#steps.get(id)
    this.#steps.delete(id)
    // It is taken back that it was made. A deletion that is done again means all of it.
    if (isDeleted && step === 'undo' && hasOthersWords(this.#doc, id)) return this.#takeOutOwnWords(element)
    // The history knows what was bound to an element at that time, and not what has been since.
    if (step || changes.has('isDeleted')) this.#toShow.add(id)
    const all = this.#tell(id, { values: stored, shown }, changes)
    if (element && findLightened(element) !== undefined) this.#noteLightened(id, changes, all, held)
    const told = meantChanges(this.#doc, id, all, { shown, isStep: step !== undefined, isDeleted })
    // What the editor tidies up in a deleted element must not bring it back.
    const isContentChanged = [...told.keys()].some((key) => key === 'isDeleted' || isContent(key))
    const stays = isDeleted && isContentChanged ? new Map([['isDeleted', true]]) : new Map<string, unknown>()
    // The editor measures anew when a font comes, and its history knows nothing of that: with the font it had, a text that was
    // undone would keep the size of the other.
    if (!held && [...told.keys()].some((key) => OF_FONT.has(key))) this.#toShow.add(id)
    let known = this.#shadow.get(id)?.stored
    if (told.size > 0) {
      const judged = this.#judged(withKeys(shown, told), { keys: Object.fromEntries(told) })
      if (judged.size > 0) this.#toShow.add(id)
      const settled = held || isDeleted ? new Map<string, unknown>() : this.#settled(id)
      // With them it may be another size than it is shown in: a text that is no label any more breaks no lines.
      if (settled.size > 0) this.#toShow.add(id)
      const written = new Map([...settled, ...told, ...stays, ...judged])
      this.#writeChanges(id, written, { shown: withWholeFit(shown, stored), known, seen: this.#seen }, caret)
      const now = findElement(this.#doc, id)
      known = now && known ? knownAfter(now, written, known) : now
    }
    const values = withKeys(stored, told)
    const agreed = { values, shown: stored === shown ? values : withKeys(shown, changes) }
    this.#shadow.agree(id, { stored: known ?? values, ...agreed }, element)
    // What the history itself has done, it knows.
    if (!step) this.#shadow.noteOwn(id)
    this.#written.add(id)
  }

  #writeChanges(
    id: ElementId,
    changes: ReadonlyMap<string, unknown>,
    options: WriteOptions & { readonly shown: ElementValues },
    caret: number | undefined,
  ): void {
    if (!changes.has('words')) return writeKeys(this.#doc, id, changes, options)
    if (caret !== undefined) return this.#words.writeTyped(id, changes, options, caret)
    // Words that change in a text that nobody has open are undone or redone, and the editor puts them back as a whole.
    this.#toShow.add(id)
    this.#words.writeUndone(id, changes, options)
  }

  /**
   * Instead of a text that a person takes back: the words that they have written in it. Others have written in it since, and
   * the editor would take theirs along.
   */
  #takeOutOwnWords(element: ViewElement): void {
    const { id } = element
    const values = valuesOf(element)
    this.#words.takeOutOwn(id, values?.keys.words as string | undefined)
    // The view has it as deleted, and that is no change of the person's: it is shown what the document has.
    const stored = findElement(this.#doc, id) ?? values
    if (values && stored) this.#shadow.agree(id, { stored, values, shown: values }, element)
    this.#toShow.add(id)
    this.#written.add(id)
  }

  /** The fit that is to be written, if one is, marked as untrusted when the editor measured it without its font. */
  #judged(seen: ElementValues, { keys }: Pick<ElementValues, 'keys'>): ReadonlyMap<string, unknown> {
    if (!keys.fit) return new Map()
    const container = findContainer(this.#doc, seen)
    const fit = judgedFit(seen, container, keys.fit as Fit, (...of) => this.#view.measure(...of))
    return fit ? new Map([['fit', fit]]) : new Map()
  }

  /** The keys in which an element is shown otherwise than it is stored: who changes it settles them for all. */
  #settled(id: ElementId): ReadonlyMap<string, unknown> {
    const [stored, shown] = [findElement(this.#doc, id), this.#reader.read(id)]
    if (!stored || !shown || stored.type !== shown.type) return new Map()
    return new Map([...changedKeys(stored, shown)].filter(([key]) => !HINTS.has(key)))
  }

  /** What the person did to some of the points of what is shown lightened cannot be done to all: it is shown as it was. */
  #noteLightened(
    id: ElementId,
    changes: ReadonlyMap<string, unknown>,
    told: ReadonlyMap<string, unknown>,
    held: boolean,
  ): void {
    this.#toShow.add(id)
    if (!held && POINTS.some((key) => changes.has(key) && !told.has(key))) this.#view.tellNotKept(['points'])
  }

  #noteUnkept(element: ViewElement, values: ElementValues): void {
    const keys = unkeptKeys(element)
    if (keys.length === 0) return
    this.#toShow.add(element.id)
    // A link without its `https://` is only made whole.
    const lost = keys.filter((key) => key !== 'link' || values.keys.link === null)
    if (lost.length > 0) this.#view.tellNotKept(lost)
  }
}
