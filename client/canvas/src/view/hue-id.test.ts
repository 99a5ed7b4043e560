import { presenceColor } from '@sketchroom/shared/presence'
import { expect, test } from 'vitest'
import { hueId } from './hue-id.ts'

/** Excalidraw 0.18's own: `clients.ts`, `getClientColor`. */
function hueInExcalidraw(id: string): number {
  let hash = 0
  for (let i = 0; i < id.length; i++) hash = (hash << 5) - hash + id.charCodeAt(i)
  return (Math.abs(hash) % 37) * 10
}

test.each([
  ['#ff0000', 0],
  ['#ffff00', 60],
  ['#00ff00', 120],
  ['#00ffff', 180],
  ['#0000ff', 240],
  ['#ff00ff', 300],
  ['#808080', 0],
  ['nonsense', 0],
])('%s is drawn in the hue %i', (color, hue) => {
  expect(hueInExcalidraw(hueId(color)) % 360).toBe(hue)
})

test('cursors have the hue of the people they belong to', () => {
  expect(hueInExcalidraw(hueId(presenceColor('ada')))).toBeGreaterThanOrEqual(0)
  expect(hueInExcalidraw(hueId('#2f9e44'))).toBeCloseTo(131, -1)
})
