import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { sceneDifferences } from './fuzz/compare.ts'
import type { WholeElement } from './fuzz/whole-editor.ts'
import { elementsOfLibrary, type FileElement, pasteElements } from './library-file.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const LOOK = { angle: 0, strokeColor: '#364fc7', backgroundColor: '#ffd8a8', fillStyle: 'hachure', strokeWidth: 1 }
const OLD_LOOK = {
  ...LOOK,
  strokeStyle: 'solid',
  roughness: 1,
  opacity: 100,
  strokeSharpness: 'sharp',
  isDeleted: false,
}
const NEW_LOOK = { ...LOOK, strokeStyle: 'dashed', roughness: 0, opacity: 70, version: 41, versionNonce: 7, updated: 1 }

/** A table lamp as files of version 1 have it: strokes as `draw`, texts without what they said, no bindings. */
const VERSION_1 = JSON.stringify({
  type: 'excalidrawlib',
  version: 1,
  library: [
    [
      {
        ...OLD_LOOK,
        id: 'foot',
        type: 'rectangle',
        x: 20,
        y: 200,
        width: 90,
        height: 14,
        groupIds: ['lamp'],
        boundElementIds: null,
      },
      {
        ...OLD_LOOK,
        id: 'pole',
        type: 'line',
        x: 65,
        y: 200,
        width: 0,
        height: 120,
        groupIds: ['lamp'],
        points: [
          [0, 0],
          [0, -120],
        ],
      },
      {
        ...OLD_LOOK,
        id: 'shade',
        type: 'draw',
        x: 30,
        y: 80,
        width: 70,
        height: 60,
        groupIds: ['lamp'],
        points: [
          [0, 0],
          [15, -60],
          [55, -60],
          [70, 0],
          [0, 0],
        ],
      },
      { ...OLD_LOOK, id: 'gone', type: 'ellipse', x: 0, y: 0, width: 9, height: 9, groupIds: [], isDeleted: true },
    ],
    [
      { ...OLD_LOOK, id: 'foot', type: 'ellipse', x: 300, y: 100, width: 60, height: 40, angle: 0.5, groupIds: [] },
      {
        ...OLD_LOOK,
        id: 'name',
        type: 'text',
        x: 300,
        y: 150,
        // As wide as on the machine where it was made: its font is another there.
        width: 75,
        height: 25,
        groupIds: [],
        text: 'a lamp',
        fontSize: 20,
        fontFamily: 2,
        textAlign: 'left',
        verticalAlign: 'top',
        baseline: 18,
      },
    ],
  ],
})

/** Two boxes of a diagram as files of version 2 have them: a label, a bound arrow, ink with pressures, groups in groups. */
const VERSION_2 = JSON.stringify({
  type: 'excalidrawlib',
  version: 2,
  source: 'https://example.com',
  libraryItems: [
    {
      id: 'item',
      status: 'published',
      created: 1,
      elements: [
        {
          ...NEW_LOOK,
          id: 'box',
          type: 'rectangle',
          x: 0,
          y: 0,
          width: 160,
          height: 80,
          seed: 5,
          groupIds: ['inner', 'outer'],
          roundness: { type: 3 },
          link: 'https://example.com/box',
          boundElements: [
            { id: 'label', type: 'text' },
            { id: 'arrow', type: 'arrow' },
          ],
        },
        {
          ...NEW_LOOK,
          id: 'label',
          type: 'text',
          x: 45,
          y: 27,
          width: 70,
          height: 25,
          groupIds: ['inner', 'outer'],
          text: 'Orders',
          originalText: 'Orders',
          fontSize: 20,
          fontFamily: 2,
          lineHeight: 1.15,
          textAlign: 'center',
          verticalAlign: 'middle',
          containerId: 'box',
          autoResize: true,
        },
        {
          ...NEW_LOOK,
          id: 'rhomb',
          type: 'diamond',
          x: 300,
          y: 0,
          width: 90,
          height: 90,
          groupIds: ['outer'],
          roundness: null,
          boundElements: [{ id: 'arrow', type: 'arrow' }],
        },
        {
          ...NEW_LOOK,
          id: 'arrow',
          type: 'arrow',
          x: 165,
          y: 40,
          width: 130,
          height: 30,
          groupIds: ['outer'],
          points: [
            [0, 0],
            [60, 30],
            [130, 5],
          ],
          roundness: { type: 2 },
          startBinding: { elementId: 'box', focus: 0.1, gap: 5 },
          endBinding: { elementId: 'rhomb', focus: -0.1, gap: 5 },
          startArrowhead: 'dot',
          endArrowhead: 'triangle',
        },
        {
          ...NEW_LOOK,
          id: 'ink',
          type: 'freedraw',
          x: 20,
          y: 130,
          width: 40,
          height: 20,
          groupIds: [],
          points: [
            [0, 0],
            [10.5, 7.25],
            [25, 20],
            [40, 12],
          ],
          pressures: [0.2, 0.5, 0.9, 0.4],
          simulatePressure: false,
        },
      ],
    },
  ],
})

const sceneOf = async (person: BoardActor) => (await person.elements()) as unknown as readonly WholeElement[]

/** What a shape is, wherever it was put and whatever it is called. */
function shapesOf(elements: readonly (FileElement | WholeElement)[]): unknown[] {
  const [first] = elements as readonly { x: number; y: number }[]
  return elements.map((each) => {
    const element = each as FileElement & WholeElement
    const type = element.type === 'draw' ? 'line' : element.type
    // A label stands where its own size puts it, as measured here.
    const at = element.containerId
      ? 'in its box'
      : [Math.round(element.x - (first?.x ?? 0)), Math.round(element.y - (first?.y ?? 0))]
    const points = element.points?.map((point) => point.map((number) => Math.round(number) + 0))
    const size = element.points || type === 'text' ? undefined : [element.width, element.height]
    const text =
      type === 'text' ? [element['text'], element['fontSize'], element['fontFamily'], element['textAlign']] : undefined
    const look = Object.keys(LOOK).map((key) => element[key])
    return {
      type,
      at,
      points,
      size,
      text,
      look,
      groups: element.groupIds.length,
      heads: [element['startArrowhead'], element['endArrowhead']].map((head) => head ?? null),
    }
  })
}

test.each([
  ['1', VERSION_1, 5],
  ['2', VERSION_2, 5],
])(
  'shapes of a library file of version %s are pasted, and are the same elsewhere and after a reload',
  async (_, file, count) => {
    const permissions = ['clipboard-read', 'clipboard-write']
    const [ada, bob, board] = [await stage.enter({ permissions }), await stage.enter(), await stage.hostBoard()]
    for (const person of [ada, bob]) await person.open(board.url)
    await ada.take('selection')
    const elements = elementsOfLibrary(file)
    await pasteElements(ada, elements)
    await vi.waitFor(async () => expect(await ada.count()).toBe(count), SOON)
    expect(shapesOf(await sceneOf(ada))).toEqual(shapesOf(elements))
    await vi.waitFor(async () => expect(sceneDifferences(await sceneOf(ada), await sceneOf(bob))).toEqual([]), SOON)
    await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
    const pasted = await sceneOf(ada)
    await ada.page.reload()
    await ada.ready()
    await vi.waitFor(async () => expect(sceneDifferences(pasted, await sceneOf(ada))).toEqual([]), SOON)
  },
)

test('what was bound in a library file is bound on the board: the arrow follows, the label stands in its box', async () => {
  const [ada, board] = [
    await stage.enter({ permissions: ['clipboard-read', 'clipboard-write'] }),
    await stage.hostBoard(),
  ]
  await ada.open(board.url)
  await ada.take('selection')
  await pasteElements(ada, elementsOfLibrary(VERSION_2))
  await vi.waitFor(async () => expect(await ada.count()).toBe(5), SOON)
  const [box, label, rhomb, arrow] = await sceneOf(ada)
  expect(label?.containerId).toBe(box?.id)
  expect([arrow?.startBinding?.elementId, arrow?.endBinding?.elementId]).toEqual([box?.id, rhomb?.id])
  expect(box?.boundElements?.map(({ id }) => id).sort()).toEqual([label?.id, arrow?.id].sort())
})
