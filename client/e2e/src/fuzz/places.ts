import { PAPER, type Point } from './script.ts'
import type { WholeElement } from './whole-editor.ts'

/** What turns the drawing's coordinates into the window's. */
export interface View {
  readonly scrollX: number
  readonly scrollY: number
  readonly offsetLeft: number
  readonly offsetTop: number
}

/** The corners of an element as it would be without being turned: left, top, right, bottom. */
function boxOf(element: WholeElement): [number, number, number, number] {
  if (!element.points) return [element.x, element.y, element.x + element.width, element.y + element.height]
  const xs = element.points.map(([x]) => element.x + x)
  const ys = element.points.map(([, y]) => element.y + y)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

function turned(element: WholeElement, [x, y]: Point): Point {
  const [left, top, right, bottom] = boxOf(element)
  const [centerX, centerY] = [(left + right) / 2, (top + bottom) / 2]
  const [cos, sin] = [Math.cos(element.angle), Math.sin(element.angle)]
  const [dx, dy] = [x - centerX, y - centerY]
  return [centerX + dx * cos - dy * sin, centerY + dx * sin + dy * cos]
}

/** Points of the drawing at which an element can be taken: on its outline, on its words, on its ends. */
export function gripsOf(element: WholeElement): Point[] {
  const [left, top, right, bottom] = boxOf(element)
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2]
  const points = element.points?.map(([x, y]): Point => [element.x + x, element.y + y])
  const grips: readonly Point[] = points
    ? [...points, ...points.slice(1).map(([x, y], i): Point => [(x + points[i]![0]) / 2, (y + points[i]![1]) / 2])]
    : element.type === 'text'
      ? [[middleX, middleY]]
      : [[left, middleY], [middleX, top], [right, middleY], [middleX, bottom]] // prettier-ignore
  return grips.map((grip) => turned(element, grip))
}

/** Where in the drawing the editor has a selected element's handle, by Excalidraw's measures at zoom 1. */
export function handleOf(element: WholeElement, handle: 'corner' | 'turn' | 'end' | 'middle'): Point {
  const [left, top, right, bottom] = boxOf(element)
  const { points } = element
  if (points && (handle === 'end' || handle === 'middle')) {
    const [first = [0, 0], second = [0, 0]] = points
    const last = points.at(-1) ?? [0, 0]
    const at = handle === 'end' ? last : [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2]
    return turned(element, [element.x + (at[0] ?? 0), element.y + (at[1] ?? 0)])
  }
  return turned(element, handle === 'turn' ? [(left + right) / 2, top - 22] : [right + 6, bottom + 6])
}

/** A point of the drawing in the window. */
export function inWindow([x, y]: Point, view: View): Point {
  return [x + view.scrollX + view.offsetLeft, y + view.scrollY + view.offsetTop]
}

/** Whether a point of the window is on the paper, away from the editor's own buttons. */
export function isOnPaper([x, y]: Point): boolean {
  return x > PAPER.left && x < PAPER.right && y > PAPER.top && y < PAPER.bottom
}
