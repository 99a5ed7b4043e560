import type { SceneElement } from './element.ts'
import { isOrderKey } from './fractional-index.ts'

/**
 * What is wrong with a scene as an editor holds it, in words; empty when nothing is. The rules:
 * - ids are unique;
 * - order keys are valid and strictly rise from the bottom to the top;
 * - every number is finite, every line has two points, every stroke one;
 * - a stroke has no pressures or one for each point;
 * - what is bound to a shape exists and names that shape.
 *
 * Other references (`frameId`, `containerId`, a binding) may name what is deleted or never arrived: somebody
 * deleted it while another referred to it, and both edits stay.
 */
export function sceneFaults(elements: readonly SceneElement[]): string[] {
  const faults: string[] = []
  const byId = new Map<string, SceneElement>()
  let below: string | null = null
  for (const element of elements) {
    if (byId.has(element.id)) faults.push(`${element.id} appears twice`)
    byId.set(element.id, element)
    if (!isOrderKey(element.index)) faults.push(`${element.id} has no valid order key`)
    else if (below !== null && element.index <= below) faults.push(`${element.id} is not above what is below it`)
    below = element.index
    faults.push(...shapeFaults(element).map((fault) => `${element.id} ${fault}`))
  }
  for (const shape of elements) {
    for (const bound of shape.boundElements ?? []) {
      const other = byId.get(bound.id)
      if (!other || !refersTo(other, shape.id)) faults.push(`${shape.id} claims to hold ${bound.id}`)
    }
  }
  return faults
}

function shapeFaults(element: SceneElement): string[] {
  const faults: string[] = []
  const numbers = [element.x, element.y, element.width, element.height, element.angle]
  if ('points' in element) {
    numbers.push(...element.points.flat())
    if (element.points.length < (element.type === 'freedraw' ? 1 : 2)) faults.push('has too few points')
  }
  if (!numbers.every(Number.isFinite)) faults.push('has a number that is not finite')
  if (element.type === 'freedraw' && ![0, element.points.length].includes(element.pressures.length)) {
    faults.push('has pressures for some of its points only')
  }
  return faults
}

function refersTo(element: SceneElement, id: string): boolean {
  if (element.type === 'text') return element.containerId === id
  if (element.type !== 'arrow') return false
  return element.startBinding?.elementId === id || element.endBinding?.elementId === id
}
