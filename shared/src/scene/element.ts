import type { ElementId } from '../ids.ts'

/** The kinds of elements that version 1 of the format knows; one of any other kind is shown as a placeholder. */
export const ELEMENT_TYPES = ['rectangle', 'diamond', 'ellipse', 'line', 'arrow', 'freedraw', 'text', 'frame'] as const
/** A kind of element. */
export type ElementType = (typeof ELEMENT_TYPES)[number]

/** A point relative to its element's `x` and `y`. */
export type ElementPoint = readonly [x: number, y: number]

/**
 * Ties an arrow's end to a shape. Elbow arrows also say where on the shape, in fractions of its size; newer editors say
 * more, which stays.
 */
export interface ArrowBinding {
  readonly elementId: ElementId
  readonly focus: number
  readonly gap: number
  readonly fixedPoint?: ElementPoint
  readonly [more: string]: unknown
}

/** What is bound to a shape: derived from the arrows' bindings and the texts' containers, never stored. */
export interface BoundElement {
  readonly id: ElementId
  readonly type: 'arrow' | 'text'
}

interface ElementBase {
  readonly id: ElementId
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Radians. */
  readonly angle: number
  readonly strokeColor: string
  readonly backgroundColor: string
  readonly fillStyle: string
  readonly strokeWidth: number
  readonly strokeStyle: string
  readonly roundness: { readonly type: number; readonly value?: number } | null
  readonly roughness: number
  /** 0 to 100. */
  readonly opacity: number
  readonly seed: number
  /** A fractional index; null until the element has a place. */
  readonly index: string | null
  readonly isDeleted: boolean
  readonly groupIds: readonly string[]
  readonly frameId: ElementId | null
  readonly boundElements: readonly BoundElement[] | null
  readonly link: string | null
  readonly locked: boolean
  readonly customData?: Readonly<Record<string, unknown>> | undefined
}

/** A shape that has no properties but the common ones. */
export interface ShapeElement extends ElementBase {
  readonly type: 'rectangle' | 'diamond' | 'ellipse'
}

/** A frame: a named area that clips what is in it. */
export interface FrameElement extends ElementBase {
  readonly type: 'frame'
  readonly name: string | null
}

/** A text; `text` is `originalText` as it is wrapped. */
export interface TextElement extends ElementBase {
  readonly type: 'text'
  readonly text: string
  readonly originalText: string
  readonly fontSize: number
  readonly fontFamily: number
  readonly lineHeight: number
  readonly textAlign: string
  readonly verticalAlign: string
  readonly autoResize: boolean
  readonly containerId: ElementId | null
}

/** A line or an arrow through at least two points. */
export interface LinearElement extends ElementBase {
  readonly type: 'line' | 'arrow'
  readonly points: readonly ElementPoint[]
  readonly lastCommittedPoint: ElementPoint | null
  readonly startBinding: ArrowBinding | null
  readonly endBinding: ArrowBinding | null
  readonly startArrowhead: string | null
  readonly endArrowhead: string | null
  readonly elbowed?: boolean
  readonly fixedSegments?: readonly unknown[] | null
  readonly startIsSpecial?: boolean | null
  readonly endIsSpecial?: boolean | null
}

/** A stroke drawn by hand; `pressures` is empty or has one value from 0 to 1 for each point. */
export interface FreedrawElement extends ElementBase {
  readonly type: 'freedraw'
  readonly points: readonly ElementPoint[]
  readonly pressures: readonly number[]
  readonly simulatePressure: boolean
  readonly lastCommittedPoint: ElementPoint | null
}

/** An element as an editor holds it, with Excalidraw's property names, less what is made locally (`version` …). */
export type SceneElement = ShapeElement | FrameElement | TextElement | LinearElement | FreedrawElement

/** Whether a value names a kind of element of this format. */
export function isElementType(value: unknown): value is ElementType {
  return ELEMENT_TYPES.includes(value as ElementType)
}

/** Whether a value may name a kind of element, of this format or of a later one. */
export function isTypeName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][\w-]{0,31}$/i.test(value) && !(value in Object.prototype)
}

/**
 * Whether a value may be an element's id: 1 to 64 letters, digits, `-` and `_`, and not a name that every
 * JavaScript object answers to (editors look ids up in plain objects).
 */
export function isElementId(value: unknown): value is ElementId {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) && !(value in Object.prototype)
}
