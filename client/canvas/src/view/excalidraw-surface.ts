import { CaptureUpdateAction, getCommonBounds, zoomToFitBounds } from '@excalidraw/excalidraw'
import type { ExcalidrawElbowArrowElement, OrderedExcalidrawElement } from '@excalidraw/excalidraw/element/types'
import type { ExcalidrawImperativeAPI } from '@excalidraw/excalidraw/types'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { isElementType } from '@sketchroom/shared/scene/element'
import type { Fit } from '@sketchroom/shared/scene/text-keys'
import type { WordEdit } from '@sketchroom/shared/scene/word-edits'
import type { Gesture, HistoryStep, ViewElement } from '../binding/scene-view.ts'
import { collaboratorsOf, socketIdOf } from './collaborators.ts'
import type { DrawingSurface, RemotePerson, Viewport } from './drawing-surface.ts'
import { watchFonts } from './font-faces.ts'
import { LinkedElement } from './linked-element.ts'
import { measureText } from './measure-text.ts'
import { notKeptWords } from './not-kept-words.ts'
import { OpenTextArea } from './open-text-area.ts'
import { openingPoint } from './opening-view.ts'
import { routeElbow } from './route-elbow.ts'
import { TextMeasures } from './text-measures.ts'

const UNSUPPORTED = 'Pictures and web pages cannot be put on a board yet.'
const NO_FILES = 'Files cannot be put on a board yet.'

type Captured = (typeof CaptureUpdateAction)[keyof typeof CaptureUpdateAction]
const NOBODYS: ReadonlySet<string> = new Set()

/** Farther away one reads nothing, and thousands of elements on the screen at once take seconds to draw. */
const LEAST_ZOOM_AT_START = 0.7
/** The editor goes no farther away. */
const LEAST_ZOOM = 0.1

/** Excalidraw through its imperative API. */
export class ExcalidrawSurface implements DrawingSurface {
  readonly #api: ExcalidrawImperativeAPI
  readonly #getContainer: () => HTMLElement | null
  readonly #linked: LinkedElement
  #step: HistoryStep | undefined
  readonly #textArea: OpenTextArea
  readonly #measures = new TextMeasures(measureText)

  constructor(api: ExcalidrawImperativeAPI, getContainer: () => HTMLElement | null) {
    this.#api = api
    this.#getContainer = getContainer
    this.#linked = new LinkedElement(api)
    this.#textArea = new OpenTextArea(getContainer)
  }

  getElements(): readonly ViewElement[] {
    // The format's elements are Excalidraw's; kinds that it does not have are passed over by the binding.
    return this.#api.getSceneElementsIncludingDeleted() as readonly unknown[] as readonly ViewElement[]
  }

  applyRemote(elements: readonly ViewElement[], theirs: ReadonlySet<string> = NOBODYS): void {
    if (theirs.size > 0) {
      const own = this.getElements().map((element) => (theirs.has(element.id) ? { ...element } : element))
      this.#replace(own, CaptureUpdateAction.IMMEDIATELY)
    }
    // With any other, my undo would take back what others did.
    this.#replace(elements, CaptureUpdateAction.NEVER)
    this.#linked.arrived()
  }

  getGesture(): Gesture {
    const state = this.#api.getAppState()
    const pointerDown = state.cursorButton === 'down'
    const held = new Set(pointerDown ? Object.keys(state.selectedElementIds) : [])
    for (const element of [state.newElement, state.resizingElement, state.multiElement, state.editingTextElement]) {
      if (element) held.add(element.id)
    }
    if (state.editingLinearElement) held.add(state.editingLinearElement.elementId)
    const open = state.editingTextElement
    // The editor makes a shape as high as the label that is written in it, and would take a size that another gives to
    // the shape for one that it has to put right.
    if (open && 'containerId' in open && open.containerId !== null) held.add(open.containerId)
    // The editor takes its text area away before it says that the text is closed: it is still open then, and what was
    // typed last is no undo.
    const caret = this.#textArea.caret ?? 0
    return { pointerDown, held, text: open ? { id: open.id, caret } : undefined }
  }

  measure(text: ElementValues, container: ElementValues | undefined): Fit {
    return this.#measures.measure(text, container)
  }

  changeOpenText(words: string, edits: readonly WordEdit[]): boolean {
    return this.#textArea.change(words, edits)
  }

  typedBetween(before: string, after: string): readonly WordEdit[] | undefined {
    return this.#textArea.typedBetween(before, after)
  }

  routeElbow(id: string): ElementValues | undefined {
    const element = this.#api.getSceneElements().find((candidate) => candidate.id === id)
    return element?.type === 'arrow' ? routeElbow(element as ExcalidrawElbowArrowElement) : undefined
  }

  watchFonts(onLoaded: () => void): () => void {
    return watchFonts(() => {
      this.#measures.fontsCame()
      onLoaded()
    })
  }

  tellNotKept(keys: readonly string[]): void {
    this.#api.setToast({ message: notKeptWords(keys), duration: 8_000, closable: true })
  }

  historyStep(): HistoryStep | undefined {
    return this.#step
  }

  /**
   * Says that the person asks the editor to take something back, or to do it again, by the event that is on its way there.
   * The editor does not say so itself: what changes until that event and what follows from it are over is taken for it.
   */
  noteStep(step: HistoryStep): void {
    this.#step = step
    // React shows what an event has changed before any task that comes after it, on however slow a device.
    setTimeout(() => (this.#step = undefined))
  }

  endGesture(): void {
    // The editor has no call for this: a text is closed by losing the focus, and all else when the pointer goes up.
    this.#textArea.close()
    if (this.#api.getAppState().cursorButton === 'down') window.dispatchEvent(new PointerEvent('pointerup'))
    this.#api.updateScene({
      appState: {
        newElement: null,
        multiElement: null,
        resizingElement: null,
        editingTextElement: null,
        editingLinearElement: null,
        selectedElementIds: {},
      },
      captureUpdate: CaptureUpdateAction.NEVER,
    })
  }

  showPeople(people: readonly RemotePerson[]): void {
    this.#api.updateScene({ collaborators: collaboratorsOf(people) })
  }

  getSelection(): readonly string[] {
    return Object.keys(this.#api.getAppState().selectedElementIds)
  }

  getViewport(): Viewport {
    const { scrollX, scrollY, width, height, zoom } = this.#api.getAppState()
    return { x: -scrollX, y: -scrollY, width: width / zoom.value, height: height / zoom.value, zoom: zoom.value }
  }

  showViewport({ x, y, width, height }: Viewport): void {
    const { appState } = zoomToFitBounds({
      appState: this.#api.getAppState(),
      bounds: [x, y, x + width, y + height],
      fitToViewport: true,
    })
    const { scrollX, scrollY, zoom } = appState
    this.#api.updateScene({ appState: { scrollX, scrollY, zoom } })
  }

  zoomToFit(): void {
    this.#showDrawing(LEAST_ZOOM)
  }

  goToDrawing(): void {
    this.#showDrawing(LEAST_ZOOM_AT_START)
    this.#linked.seek()
  }

  follow(person: Pick<RemotePerson, 'clientId' | 'name'> | null): void {
    const userToFollow = person && { socketId: socketIdOf(person.clientId), username: person.name }
    this.#api.updateScene({ appState: { userToFollow } })
  }

  getFollowed(): number | null {
    const { userToFollow } = this.#api.getAppState()
    return userToFollow && Number(userToFollow.socketId)
  }

  focus(): void {
    this.#getContainer()?.querySelector<HTMLElement>('.excalidraw')?.focus()
  }

  /**
   * Shows all that is drawn; what does not fit at the least zoom, without its frames: people want to see what is in
   * them. Of what does not fit either, a part in which there is something.
   */
  #showDrawing(leastZoom: number): void {
    const elements = this.#api.getSceneElements()
    if (elements.length === 0) return
    const present = this.#api.getAppState()
    const content = elements.filter(({ type }) => type !== 'frame')
    for (const shown of content.length > 0 ? [elements, content] : [elements]) {
      const bounds = getCommonBounds(shown)
      const fitted = zoomToFitBounds({ appState: present, bounds, fitToViewport: false, minZoom: leastZoom })
      const { zoom, scrollX, scrollY } = fitted.appState
      const window = { width: present.width / zoom.value, height: present.height / zoom.value }
      const fits = bounds[2] - bounds[0] <= window.width && bounds[3] - bounds[1] <= window.height
      const middle = fits ? undefined : openingPoint(shown, window)
      const scroll = middle
        ? { scrollX: window.width / 2 - middle[0], scrollY: window.height / 2 - middle[1] }
        : { scrollX, scrollY }
      this.#api.updateScene({ appState: { zoom, ...scroll, userToFollow: null } })
      if (fits) return
    }
  }

  /**
   * Shows these elements instead. What the editor has, and what its history has, may differ: it takes a nudge by an arrow key
   * into the history with what is done next. From such an element on, it takes nothing of ours for what its history has,
   * and what others do to the element counts as the person's, and is undone with it. It goes by the versions: one that is to
   * be replaced has none from now on.
   */
  #replace(elements: readonly ViewElement[], captureUpdate: Captured): void {
    const present = new Map(this.getElements().map((element) => [element.id, element]))
    for (const element of elements) {
      const replaced = present.get(element.id)
      if (replaced && replaced !== element) Object.assign(replaced, { version: 0 })
    }
    const next = elements as readonly unknown[] as readonly OrderedExcalidrawElement[]
    this.#api.updateScene({ elements: next, captureUpdate })
  }

  /** Takes away what the format has no kind for, such as a pasted picture, and says so. */
  dropUnsupported(): void {
    const elements = this.#api.getSceneElementsIncludingDeleted()
    if (elements.every((element) => isElementType(element.type) || element.isDeleted)) return
    this.#api.updateScene({
      elements: elements.filter((element) => isElementType(element.type)),
      captureUpdate: CaptureUpdateAction.NEVER,
    })
    this.#api.setToast({ message: UNSUPPORTED, duration: 5_000 })
  }

  /** Takes note of what is typed: to be told `beforeinput` and `input` before the editor hears of them. */
  noteInput(event: Event): void {
    this.#textArea.noteInput(event)
  }

  /** Says whether an input method is in the middle of a word. */
  setComposing(isComposing: boolean): void {
    this.#textArea.isComposing = isComposing
  }

  /** Says that a file cannot be dropped here. */
  refuseFiles(): void {
    this.#api.setToast({ message: NO_FILES, duration: 5_000 })
  }
}
