import { expect, test } from 'vitest'
import { valuesOf, type ElementValues } from './codec.ts'
import { showLabels } from './labels.ts'

const valid = (element: object): ElementValues => {
  const values = valuesOf(element)
  if (!values) throw new Error('no such kind of element')
  return values
}
const shape = (type: string) => valid({ type, x: 100, y: 200, width: 200, height: 100, angle: 0.5 })
const text = (textAlign = 'center', verticalAlign = 'middle') =>
  valid({
    type: 'text',
    x: -7,
    y: -7,
    originalText: 'Hi',
    width: 40,
    height: 25,
    textAlign,
    verticalAlign,
    containerId: 'box',
  })
const shownIn = (box: ElementValues, ...texts: ElementValues[]) =>
  [
    ...showLabels(
      box,
      texts.map((each, n) => [`text${n}`, each] as const),
    ).values(),
  ].map(({ keys }) => keys)

// Worked out by hand from the geometry of Excalidraw 0.18.
test.each([
  ['rectangle', 'center', 'middle', [180, 237.5]],
  ['rectangle', 'left', 'top', [105, 205]],
  ['rectangle', 'right', 'bottom', [255, 270]],
  ['diamond', 'center', 'middle', [180, 237.5]],
  ['diamond', 'left', 'top', [155, 230]],
  ['diamond', 'right', 'bottom', [205, 245]],
  ['ellipse', 'left', 'top', [134.289, 219.645]],
  ['ellipse', 'right', 'bottom', [225.289, 255.645]],
])('the label of a %s, %s and %s, stands where the shape and its own size put it', (type, align, vertical, place) => {
  const [label] = shownIn(shape(type), text(align, vertical))
  expect(label?.containerId).toBe('box')
  expect(label?.angle).toBe(0.5)
  expect(label?.xy).toEqual(place.map((at) => expect.closeTo(at, 2)))
})

test('the label of an arrow stands where it is stored', () => {
  const arrow = valid({
    type: 'arrow',
    x: 0,
    y: 0,
    width: 10,
    height: 0,
    points: [
      [0, 0],
      [10, 0],
    ],
  })
  expect(shownIn(arrow, text())).toEqual([text().keys])
})

test('what two people wrote in one shape at the same time is all to be seen', () => {
  const [label, second, third] = shownIn(shape('rectangle'), text(), text(), text())
  expect(label).toMatchObject({ containerId: 'box', xy: [180, 237.5] })
  expect(second).toMatchObject({ containerId: null, xy: [180, 310] })
  expect(third).toMatchObject({ containerId: null, xy: [180, 345] })
})
