import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { Dice } from './fuzz/dice.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? 140_301)
const OPEN_TEXT = 'textarea.excalidraw-wysiwyg'
const START = 'alpha beta gamma delta'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

/** What somebody does to the words of an open text: puts a word at a gap, or takes one away. */
type Edit = { readonly put: string; readonly gap: number } | { readonly take: string }

/** Two people at a board with one text on it, which both of them have open. */
async function twoInAText(): Promise<[ada: BoardActor, bob: BoardActor]> {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.write([500, 300], START)
  await ada.page.keyboard.press('Escape')
  await vi.waitFor(async () => expect(await wordsOf(bob)).toEqual([START]), SOON)
  await ada.page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  for (const person of [ada, bob]) await openText(person)
  return [ada, bob]
}

async function openText(person: BoardActor): Promise<void> {
  await person.take('selection')
  const [text] = await person.elements()
  const { x, y } = await person.viewport()
  const canvas = await person.page.locator('.excalidraw').first().boundingBox()
  const at = [(text?.x ?? 0) + (text?.width ?? 0) / 2, (text?.y ?? 0) + (text?.height ?? 0) / 2] as const
  await person.page.mouse.dblclick(at[0] - x + (canvas?.x ?? 0), at[1] - y + (canvas?.y ?? 0))
  await person.page.locator(OPEN_TEXT).waitFor()
}

async function wordsOf(person: BoardActor): Promise<string[]> {
  return (await person.elements()).flatMap((element) =>
    'originalText' in element ? [String(element.originalText)] : [],
  )
}

/** Does an edit in the open text as a person does: a place is chosen, and then keys are pressed. */
async function edit({ page }: BoardActor, change: Edit): Promise<void> {
  await page.locator(OPEN_TEXT).evaluate(
    (element, { take, gap }) => {
      const text = element as HTMLTextAreaElement
      if (take !== undefined) {
        const at = text.value.indexOf(take)
        return text.setSelectionRange(at, at + take.length)
      }
      // Never behind a word that the other is in the middle of: who types there splits it, and means to.
      const ends = ['alpha', 'beta', 'gamma', 'delta'].map((word) => text.value.indexOf(word) + word.length)
      const gaps = [0, ...ends.filter((end) => text.value.slice(0, end).match(/(alpha|beta|gamma|delta)$/))]
      const at = gaps[Math.floor(gap * gaps.length)] ?? 0
      text.setSelectionRange(at, at)
    },
    'take' in change ? { take: change.take, gap: 0 } : { take: undefined, gap: change.gap },
  )
  if ('take' in change) await page.keyboard.press('Backspace')
  else await page.keyboard.type(` ${change.put} `, { delay: 25 })
}

/** A few edits of one person, whose words nobody else types. */
function editsOf(dice: Dice, letter: string): Edit[] {
  const own = Array.from({ length: dice.between(1, 3) }, (_, i) => ({
    put: `${letter}${letter}${i}`,
    gap: dice.fraction(),
  }))
  const taken = dice.fraction() < 0.4 ? [{ take: dice.oneOf(['alpha', 'beta', 'gamma', 'delta']) }] : []
  return [...own, ...taken]
}

/** As in `fuzz.spec.ts`: what fails by chance is played again in the suite, and fails at once by hand. */
const RETRIES = process.env['FUZZ_SEED'] ? 0 : 2
const pairs = Array.from({ length: 4 }, (_, i) => ({ seed: SEED + i, way: i % 2 === 0 ? 'online' : 'offline' }))

test.each(pairs)(
  'two people in one text, $way: every word is there at both, seed $seed',
  { retry: RETRIES },
  async ({ seed, way }) => {
    const dice = new Dice(seed)
    const [ada, bob] = await twoInAText()
    const edits = [editsOf(dice, 'm'), editsOf(dice, 'n')] as const
    if (way === 'offline') await ada.page.context().setOffline(true)
    await Promise.all(
      [ada, bob].map(async (person, i) => {
        for (const change of edits[i] ?? []) await edit(person, change)
      }),
    )
    const closing = dice.fraction() < 0.5 ? [ada, bob] : [bob, ada]
    for (const person of closing) await person.page.keyboard.press('Escape')
    await ada.page.context().setOffline(false)

    const taken = edits.flat().flatMap((change) => ('take' in change ? [change.take] : []))
    const put = edits.flat().flatMap((change) => ('put' in change ? [change.put] : []))
    const left = [...START.split(' ').filter((word) => !taken.includes(word)), ...put].sort()
    const seen = async (person: BoardActor) =>
      (await wordsOf(person)).map((text) => text.split(/\s+/).filter(Boolean).sort())
    await vi.waitFor(async () => {
      expect(await wordsOf(ada)).toEqual(await wordsOf(bob))
      for (const person of [ada, bob]) expect(await seen(person)).toEqual([left])
    }, SOON)
  },
)
