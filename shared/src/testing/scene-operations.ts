import fc from 'fast-check'
import { ELEMENT_TYPES, type ElementType, type SceneElement } from '../scene/element.ts'
import { elementOf, parseValues } from '../scene/codec.ts'
import { orderKeyBetween } from '../scene/fractional-index.ts'
import { compareOrder } from '../scene/order.ts'

/** One thing that a person does. `pick` chooses among the elements that it can be done to, and wraps around. */
export type SceneOperation =
  | { readonly kind: 'create'; readonly type: ElementType; readonly at: readonly [number, number] }
  | { readonly kind: 'move'; readonly pick: number; readonly by: readonly [number, number] }
  | { readonly kind: 'resize'; readonly pick: number; readonly factor: number }
  | { readonly kind: 'recolour'; readonly pick: number; readonly color: string }
  | { readonly kind: 'turn'; readonly pick: number; readonly angle: number }
  | { readonly kind: 'draw'; readonly pick: number; readonly points: readonly (readonly [number, number])[] }
  | { readonly kind: 'write'; readonly pick: number; readonly text: string }
  | {
      readonly kind: 'bind'
      readonly pick: number
      readonly target: number
      readonly end: 'startBinding' | 'endBinding'
    }
  | { readonly kind: 'label'; readonly pick: number; readonly target: number }
  | { readonly kind: 'reorder'; readonly pick: number; readonly above: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'revive'; readonly pick: number }

/** An element as an editor holds it: changed in place, with a version that counts the changes. */
export type EditedElement = SceneElement & {
  readonly version: number
  readonly versionNonce: number
  readonly updated: number
}

const pick = fc.nat(50)
const offset = fc.double({ min: -5_000, max: 5_000, noNaN: true })
const point = fc.tuple(offset, offset)

/** Any operation, about as often as people do it. */
export const sceneOperation: fc.Arbitrary<SceneOperation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('create' as const), type: fc.constantFrom(...ELEMENT_TYPES), at: point }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('move' as const), pick, by: point }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('resize' as const),
      pick,
      factor: fc.double({ min: 0.1, max: 4, noNaN: true }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('recolour' as const),
      pick,
      color: fc.constantFrom('#e03131', '#2f9e44', '#1971c2'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      pick,
      angle: fc.double({ min: 0, max: 6, noNaN: true }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('draw' as const),
      pick,
      points: fc.array(point, { minLength: 1, maxLength: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const), pick, text: fc.string({ minLength: 1 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('bind' as const),
      pick,
      target: pick,
      end: fc.constantFrom('startBinding' as const, 'endBinding' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('label' as const), pick, target: pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reorder' as const), pick, above: pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revive' as const), pick }) },
)

/**
 * Does an operation to a list of elements as an editor would: in place, versions raised, the list in order
 * afterwards. Does nothing when there is no element to do it to.
 */
export function applyOperation(elements: EditedElement[], operation: SceneOperation, newId: () => string): void {
  const live = elements.filter((element) => !element.isDeleted)
  const shapes = live.filter((element) => ['rectangle', 'diamond', 'ellipse'].includes(element.type))
  const any = chosen(live, 'pick' in operation ? operation.pick : 0)
  switch (operation.kind) {
    case 'create':
      elements.push(newElement(newId(), operation.type, operation.at, elements.at(-1)?.index ?? null))
      break
    case 'move':
      edit(any, (element) => ({ x: element.x + operation.by[0], y: element.y + operation.by[1] }))
      break
    case 'resize':
      edit(any, (element) => ({
        width: element.width * operation.factor,
        height: element.height * operation.factor,
        ...('points' in element && {
          points: element.points.map(([x, y]) => [x * operation.factor, y * operation.factor]),
        }),
      }))
      break
    case 'recolour':
      edit(any, () => ({ strokeColor: operation.color }))
      break
    case 'turn':
      edit(any, () => ({ angle: operation.angle }))
      break
    case 'draw':
      edit(ofType(live, operation.pick, 'freedraw'), (element) => ({
        points: [...('points' in element ? element.points : []), ...operation.points],
      }))
      break
    case 'write':
      edit(ofType(live, operation.pick, 'text'), () => ({
        text: operation.text,
        originalText: operation.text,
        width: operation.text.length * 9.7,
        height: 25,
      }))
      break
    case 'bind': {
      const shape = chosen(shapes, operation.target)
      if (shape) {
        edit(ofType(live, operation.pick, 'arrow'), () => ({
          [operation.end]: { elementId: shape.id, focus: 0.1, gap: 4 },
        }))
      }
      break
    }
    case 'label': {
      const shape = chosen(shapes, operation.target)
      if (shape) edit(ofType(live, operation.pick, 'text'), () => ({ containerId: shape.id }))
      break
    }
    case 'reorder': {
      const below = chosen(live, operation.above)
      if (!any || !below || any === below) break
      const others = elements.filter((element) => element !== any)
      const next = others[others.indexOf(below) + 1]
      edit(any, () => ({ index: orderKeyBetween(below.index, next?.index ?? null) }))
      break
    }
    case 'delete':
      edit(any, () => ({ isDeleted: true }))
      break
    case 'revive':
      edit(
        chosen(
          elements.filter((element) => element.isDeleted),
          operation.pick,
        ),
        () => ({ isDeleted: false }),
      )
      break
  }
  elements.sort(compareOrder)
}

function newElement(id: string, type: ElementType, at: readonly [number, number], below: string | null): EditedElement {
  const text = type === 'text' ? { words: 'new', fit: [30, 25, null, ''] } : {}
  const values = parseValues({ type, seed: 7, index: orderKeyBetween(below, null), ...text }, new Map())
  if (!values) throw new Error(`no such type: ${type}`)
  return Object.assign(elementOf(id, values), { x: at[0], y: at[1], version: 1, versionNonce: 1, updated: 1 })
}

function edit(element: EditedElement | undefined, change: (element: SceneElement) => Record<string, unknown>): void {
  if (!element) return
  Object.assign(element, change(element), { version: element.version + 1, versionNonce: element.versionNonce + 17 })
}

function ofType(live: readonly EditedElement[], position: number, type: ElementType): EditedElement | undefined {
  return chosen(
    live.filter((element) => element.type === type),
    position,
  )
}

function chosen<T>(from: readonly T[], position: number): T | undefined {
  return from[position % Math.max(from.length, 1)]
}
