import type { FuzzPerson } from './fuzz-person.ts'
import { gripsOf } from './places.ts'
import { type WholeElement, wholeEditor } from './whole-editor.ts'

/** What somebody sees on the board, lowest first. */
export async function sceneOf({ actor }: FuzzPerson): Promise<readonly WholeElement[]> {
  const editor = await wholeEditor(actor)
  const json = await editor.evaluate((present) => JSON.stringify(present.scene.getNonDeletedElements()))
  return JSON.parse(json) as WholeElement[]
}

/** What is on the board and cannot be seen, or neither be clicked on nor be selected with everything. */
export async function unreachable(person: FuzzPerson): Promise<string[]> {
  const elements = await sceneOf(person)
  await person.hand.press('Control+a')
  const editor = await wholeEditor(person.actor)
  const grips = elements.map((element) => [element.id, gripsOf(element)] as const)
  const reached = await editor.evaluate((present, points) => {
    const options = { includeBoundTextElement: true, includeLockedElements: true }
    const hit = points.filter(([, at]) => at.some(([x, y]) => present.getElementAtPosition(x, y, options)))
    return { selected: Object.keys(present.state.selectedElementIds), hit: hit.map(([id]) => id) }
  }, grips)
  await person.hand.press('Escape')
  const [selected, hit] = [new Set(reached.selected), new Set(reached.hit)]
  const byId = new Map(elements.map((element) => [element.id, element]))
  return elements.flatMap((element) => {
    const { id, type, containerId } = element
    const faults: string[] = []
    const say = (fault: string) => faults.push(`${type} ${id.slice(0, 5)} ${fault}`)
    const sizes = [element.x, element.y, element.width, element.height, element.angle]
    if (!sizes.every(Number.isFinite) || (element.width === 0 && element.height === 0))
      say(`has no size: ${sizes.join(' ')}`)
    if (type === 'text' && (element.originalText ?? '').trim() === '') say('has no words')
    if (type === 'text' && (element.width < 1 || element.height < 1)) say('is too small to be read')
    for (const end of [element.startBinding, element.endBinding]) {
      const shape = end && byId.get(end.elementId)
      if (shape && !shape.boundElements?.some((bound) => bound.id === id)) say('will not follow what it is bound to')
    }
    const container = containerId ? byId.get(containerId) : undefined
    if (containerId && !container?.boundElements?.some((bound) => bound.id === id)) say('labels what does not know it')
    else if (!element.locked && !container && !selected.has(id) && !hit.has(id)) say('can be neither hit nor selected')
    return faults
  })
}

/** These elements with all that is moved when they are: labels, bound arrows, what is in a frame. */
export function withWhatMovesAlong(ids: ReadonlySet<string>, elements: readonly WholeElement[]): Set<string> {
  const all = new Set(ids)
  for (let before = -1; before !== all.size;) {
    before = all.size
    for (const { id, containerId, frameId, startBinding, endBinding } of elements) {
      const on = [containerId, frameId, startBinding?.elementId, endBinding?.elementId]
      if (on.some((other) => other && all.has(other))) all.add(id)
      if (containerId && all.has(id)) all.add(containerId)
    }
  }
  return all
}
