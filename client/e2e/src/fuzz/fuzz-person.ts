import type { BoardActor } from '../board-actor.ts'
import { Hand } from './hand.ts'
import { placeCaret, selectWord, typeWord } from './open-text.ts'
import { handleOf, inWindow } from './places.ts'
import type { Act } from './script.ts'
import { type Grip, OPEN_TEXT, Sight } from './sight.ts'
import { wholeEditor } from './whole-editor.ts'
import { testify, type Testimony, watchAct } from './witness.ts'
import type { WordLedger } from './words.ts'

/** What takes a text or a label. */
const WRITABLE = ['text', 'rectangle', 'diamond', 'ellipse', 'arrow']
const IN_A_TEXT = new Set<Act['do']>(['type', 'rub out', 'close'])
const MAY_DELETE = new Set<Act['do']>(['write', 'open', 'type', 'rub out', 'close', 'keys', 'all', 'erase'])

/** Somebody who does what a script says, and remembers what they did it to. */
export class FuzzPerson {
  readonly actor: BoardActor
  readonly name: string
  readonly hand: Hand
  /** What this person has worked on, with what moves along. */
  readonly touched = new Set<string>()
  readonly #words: WordLedger

  constructor(actor: BoardActor, name: string, words: WordLedger) {
    this.actor = actor
    this.name = name
    this.hand = new Hand(actor.page)
    this.#words = words
  }

  /** Resolves when there is a board with tools. */
  async begin(): Promise<void> {
    await this.actor.ready()
    await this.actor.page.getByTestId('toolbar-rectangle').waitFor({ state: 'attached', timeout: 30_000 })
  }

  /** Does one act; answers what it came to. */
  async perform(act: Act): Promise<string> {
    const { page } = this.actor
    if (act.do === 'rest') return ''
    if (act.do === 'offline' || act.do === 'online') {
      await page.context().setOffline(act.do === 'offline')
      return ''
    }
    if (act.do === 'reload') {
      await page.reload()
      await this.begin()
      return ''
    }
    const sight = await this.#look(act)
    const editor = await wholeEditor(this.actor)
    await watchAct(editor)
    const did = await this.#do(act, sight)
    return [did, this.#remember(act, await testify(editor))].filter(Boolean).join('; ')
  }

  /** Lets go of everything. */
  async letGo(): Promise<void> {
    await this.#look({ do: 'paste' })
  }

  /** Looks at the board, with free hands unless the act goes on with what is in them. */
  async #look(act: Act): Promise<Sight> {
    const { page } = this.actor
    if (this.hand.holds && act.do !== 'move' && act.do !== 'release') await this.hand.release()
    let textIsOpen = (await page.locator(OPEN_TEXT).count()) > 0
    if (textIsOpen && !IN_A_TEXT.has(act.do)) {
      await this.hand.press('Escape')
      textIsOpen = false
    }
    const isFree = !textIsOpen && !this.hand.holds
    if (isFree) {
      await page.locator('.excalidraw').first().focus()
      await this.hand.press('Escape')
      await this.hand.take('selection')
    }
    return Sight.take(this.actor, { textIsOpen, home: isFree })
  }

  #remember(act: Act, { gone, touched }: Testimony): string {
    for (const id of touched) this.touched.add(id)
    // Undo may take my own words, and nobody else's.
    const removed = MAY_DELETE.has(act.do) ? gone : this.#words.own(gone, this.name)
    this.#words.removed(removed, this.name, act.do)
    const on = touched.length > 0 ? `on ${touched.map((id) => id.slice(0, 5)).join(' ')}` : ''
    return [on, ...(gone.length > 0 ? [`gone: ${gone.join(' ')}`] : [])].join('; ')
  }

  async #do(act: Act, sight: Sight): Promise<string> {
    const { hand } = this
    switch (act.do) {
      case 'draw':
        await hand.take(act.tool)
        await hand.drag(act.from, [act.to[0] - act.from[0], act.to[1] - act.from[1]])
        return ''
      case 'connect': {
        const [from, to] = [sight.grip(act.pick), sight.grip(act.with)]
        if (!from || !to || from.element === to.element) return 'nothing to join'
        await hand.take('arrow')
        await hand.drag(from.at, [to.at[0] - from.at[0], to.at[1] - from.at[1]])
        return `${from.name} to ${to.name}`
      }
      case 'write':
        await hand.take('text')
        await hand.click(act.at)
        return ''
      case 'open':
        return this.#with(await this.#select(act.pick, sight, WRITABLE), async () => {
          await hand.press('Enter')
          await placeCaret(this.actor.page, act.caret)
        })
      case 'type':
      case 'rub out':
        return sight.textIsOpen ? this.#edit(act) : 'no text is open'
      case 'close':
        if (sight.textIsOpen) await hand.press('Escape')
        return ''
      case 'grab':
        return this.#with(sight.grip(act.pick), async ({ at }) => {
          await hand.grab(at)
          await hand.move(act.by)
        })
      case 'move':
        if (hand.holds) await hand.move(act.by)
        return ''
      case 'release':
        await hand.release()
        return ''
      case 'drag':
        return this.#with(sight.grip(act.pick), ({ at }) => hand.drag(at, act.by))
      case 'resize':
      case 'turn':
        return this.#with(await this.#select(act.pick, sight), ({ element }) => {
          const isALine = element.points?.length === 2
          const handle = act.do === 'turn' ? 'turn' : isALine ? 'end' : 'corner'
          return hand.drag(inWindow(handleOf(element, handle), sight.view), act.by)
        })
      case 'bend':
        return this.#with(await this.#select(act.pick, sight, ['line', 'arrow']), ({ element }) =>
          hand.drag(inWindow(handleOf(element, 'middle'), sight.view), act.by),
        )
      case 'style':
        return this.#with(await this.#select(act.pick, sight), () =>
          this.actor.page.evaluate(
            (id) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)?.click(),
            act.button,
          ),
        )
      case 'keys': {
        const grips = act.picks.flatMap((pick) => sight.grip(pick) ?? [])
        for (const [i, { at }] of grips.entries()) await hand.click(at, { withShift: i > 0 })
        await hand.press(act.keys)
        return grips.map(({ name }) => name).join(', ')
      }
      case 'all':
        await hand.press('Control+a')
        await hand.press(act.keys)
        return ''
      case 'paste':
        await hand.press('Control+v')
        return ''
      case 'erase':
        await hand.take('eraser')
        await hand.drag(act.from, [act.to[0] - act.from[0], act.to[1] - act.from[1]])
        return ''
      case 'undo':
      case 'redo':
        await hand.press(act.do === 'undo' ? 'Control+z' : 'Control+Shift+Z', act.times)
        return ''
      default:
        return ''
    }
  }

  async #edit(act: Act): Promise<string> {
    const { page } = this.actor
    if (act.do === 'rub out') {
      const word = await selectWord(page, act.pick)
      if (word !== undefined) await this.hand.press('Backspace')
      return word ?? 'no word'
    }
    const word = this.#words.coin()
    const text = await typeWord(page, word)
    // A text may be closed under the hand, but not swallow letters.
    if (text === '') return `${word} did not get in`
    if (!text.includes(word)) return `${word} was torn: ${JSON.stringify(text)}`
    this.#words.typed(word, this.name)
    return word
  }

  /** Clicks on an element; what is selected then may be another one that lies above it. */
  async #select(pick: number, sight: Sight, types?: readonly string[]): Promise<Grip | undefined> {
    const grip = sight.grip(pick, types)
    if (grip) await this.hand.click(grip.at)
    return grip
  }

  async #with(grip: Grip | undefined, act: (grip: Grip) => Promise<void>): Promise<string> {
    if (grip) await act(grip)
    return grip?.name ?? 'nothing there'
  }
}
