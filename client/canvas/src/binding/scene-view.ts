import type { ElementId } from '@sketchroom/shared/ids'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import type { SceneElement } from '@sketchroom/shared/scene/element'
import type { Measure } from '@sketchroom/shared/scene/scene-reader'
import type { WordEdit } from '@sketchroom/shared/scene/word-edits'

/** An element as an editor holds it. `version` rises with every change; both are made on this device. */
export type ViewElement = SceneElement & {
  readonly version: number
  readonly versionNonce: number
  /** Milliseconds since 1970. */
  readonly updated: number
}

/** What the person is in the middle of. */
export interface Gesture {
  readonly pointerDown: boolean
  /** What is being drawn, dragged, resized or written in: others' changes to it must wait, but for words. */
  readonly held: ReadonlySet<ElementId>
  /** The text that is open to be written in; it is held, too. */
  readonly text?: OpenText | undefined
}

/** What an editor's own history does: it takes something back, or does it again. */
export type HistoryStep = 'undo' | 'redo'

/** A text that a person has open. */
export interface OpenText {
  readonly id: ElementId
  /** How many letters stand before the caret. */
  readonly caret: number
}

/**
 * An editor that shows a scene and lets a person change it. It changes elements in place and raises their
 * version when it does; whoever made the binding calls its `noteChange` after changes and gestures.
 */
export interface SceneView {
  /** All elements, deleted ones too, from the bottom to the top. */
  getElements(): readonly ViewElement[]
  /**
   * Shows these elements instead, outside the person's undo history. Objects it had keep what is going on. What the person
   * has done to those that are `theirs`, and the history has not taken yet, is a step of it first.
   */
  applyRemote(elements: readonly ViewElement[], theirs?: ReadonlySet<ElementId>): void
  getGesture(): Gesture
  /** Tells the person that not all of what they made can be kept: these keys were cut, or left out. */
  tellNotKept(keys: readonly string[]): void
  /**
   * Makes the text that is open say this, by others' edits; what is selected in it stays so. False when it has to wait:
   * an input method is in the middle of a word.
   */
  changeOpenText(words: string, edits: readonly WordEdit[]): boolean
  /**
   * What the person has typed, on the way from some words to what the open text says now (or the last that was open),
   * letter by letter; undefined when that is not known.
   */
  typedBetween(before: string, after: string): readonly WordEdit[] | undefined
  /** Measures a text as this editor shows it; the fit is marked as untrusted while the font has not come. */
  measure(...of: Parameters<Measure>): ReturnType<Measure>
  /** The values of an elbow arrow with the way it takes between the shapes that are shown now; its own if none is found. */
  routeElbow(id: ElementId): ElementValues | undefined
  /** Whether what changes now is taken back, or done again, by the editor's own history. */
  historyStep(): HistoryStep | undefined
  /** Makes the person let go of whatever they hold, as far as the editor can. What it did stays for the caller to undo. */
  endGesture(): void
}
