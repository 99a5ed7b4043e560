import { findElement } from '@sketchroom/shared/scene/document'
import type { HostBoard, Stage } from '../stage.ts'
import type { BoardActor } from '../board-actor.ts'
import type { Peer } from '../peer.ts'
import { Authors } from './authors.ts'
import { elementDifferences, linksOf, sceneDifferences } from './compare.ts'
import { FuzzPerson } from './fuzz-person.ts'
import { sceneOf, unreachable, withWhatMovesAlong } from './reach.ts'
import type { Act, Script } from './script.ts'
import { type WholeElement, wholeEditor } from './whole-editor.ts'
import { WordLedger } from './words.ts'

const NAMES = ['ada', 'bob', 'cy'] as const
const PATIENCE_MS = 30_000

/** What came of a round: nothing but the log when all is well. */
export interface Outcome {
  readonly faults: readonly string[]
  readonly log: readonly string[]
}

/** One board, and two or three people who do on it what a script says. */
export class Round {
  readonly #people: readonly FuzzPerson[]
  readonly #board: HostBoard
  readonly #words = new WordLedger()
  readonly #log: string[] = []
  readonly #faults: string[] = []
  /** What was wrong before is not told again. */
  readonly #told = new Set<string>()
  readonly #peer: Peer
  readonly #authors: Authors

  private constructor(stage: Stage, actors: readonly BoardActor[], board: HostBoard, peer: Peer) {
    this.#peer = peer
    this.#authors = new Authors(peer, () => stage.authorsOf(board.id))
    this.#board = board
    this.#people = actors.map((actor, i) => new FuzzPerson(actor, NAMES[i] ?? `person ${i}`, this.#words))
  }

  /** Plays a script on a new board. The actors are used again from round to round: browsers are slow to start. */
  static async play(stage: Stage, actors: readonly BoardActor[], script: Script): Promise<Outcome> {
    const board = await stage.hostBoard()
    const peer = await board.join('the observer')
    const round = new Round(stage, actors.slice(0, script.length), board, peer)
    const note = (error: Error) => round.#faults.push(`a page threw: ${error.message}`)
    for (const { page } of actors) page.on('pageerror', note)
    try {
      await round.#play(script)
    } catch (error) {
      round.#faults.push(`the round broke off: ${String(error)}`)
    }
    peer.leave()
    for (const { page } of actors) {
      page.off('pageerror', note)
      await page.context().setOffline(false)
      await page.mouse.up()
    }
    return { faults: round.#faults, log: round.#log }
  }

  async #play(script: Script): Promise<void> {
    await Promise.all(
      this.#people.map(async (person) => {
        await person.actor.page.goto(this.#board.url)
        await person.begin()
        await this.#authors.learn(person.actor)
      }),
    )
    const beats = Math.max(...script.map((acts) => acts.length))
    for (let beat = 0; beat < beats; beat++) {
      await Promise.all(
        this.#people.map((person, i) => this.#perform(person, script[i]?.[beat] ?? { do: 'rest' }, beat)),
      )
    }
    if (!(await this.#settle('at the end'))) return
    await this.#lookForFaults('at the end')
    await this.#undoEverythingOfOne(beats % this.#people.length)
  }

  async #perform(person: FuzzPerson, act: Act, beat: number): Promise<void> {
    const isUndo = act.do === 'undo' || act.do === 'redo'
    const atRisk = isUndo ? await this.#wordsInWorkOf(person) : []
    const written = isUndo ? await this.#wordsWrittenBy(person) : []
    const did = await person.perform(act)
    if (act.do !== 'rest') this.#log.push(`${beat} ${person.name} ${JSON.stringify(act)}${did && ` → ${did}`}`)
    if (atRisk.length + written.length === 0) return
    const texts = (await sceneOf(person)).map(({ originalText = '' }) => originalText).join(' ')
    const isGone = (word: string) => !texts.includes(word)
    const gone = [...this.#words.own(atRisk.filter(isGone), person.name), ...written.filter(isGone)]
    this.#words.removed(gone, person.name, 'undid what they stood in')
  }

  /**
   * What stands in texts that this person made, or in the labels of their shapes. An undo takes back that these were made,
   * and with them go their own words there; a redo brings them again.
   */
  async #wordsInWorkOf(person: FuzzPerson): Promise<string[]> {
    const elements = await sceneOf(person)
    const isOwn = (id?: string | null) => typeof id === 'string' && this.#authors.hasMade(person.actor, id)
    const own = elements.filter(({ id, containerId }) => isOwn(id) || isOwn(containerId))
    return own.flatMap(({ originalText = '' }) => originalText.match(/j[bcmnuz]+y/g) ?? [])
  }

  /** What stands in texts in which nobody else has a letter; of a copy of others' words, too. */
  async #wordsWrittenBy(person: FuzzPerson): Promise<string[]> {
    const isTheirs = ({ id }: { readonly id: string }) => this.#authors.hasWrittenAll(person.actor, id)
    const texts = (await sceneOf(person)).filter(isTheirs)
    return texts.flatMap(({ originalText = '' }) => originalText.match(/j[bcmnuz]+y/g) ?? [])
  }

  /** Waits until everybody has let go, is saved and sees the same; false when that does not come. */
  async #settle(when: string): Promise<boolean> {
    for (const { actor } of this.#people) await actor.page.context().setOffline(false)
    for (const person of this.#people) await person.letGo()
    const deadline = Date.now() + PATIENCE_MS
    let last: string[] = []
    for (let calm = 0; calm < 3; calm = last.length === 0 ? calm + 1 : 0) {
      if (Date.now() > deadline) {
        this.#faults.push(...last.map((difference) => `${when}: ${difference}`))
        return false
      }
      await new Promise((resolve) => setTimeout(resolve, 120))
      last = await this.#unsettled()
    }
    return true
  }

  async #unsettled(): Promise<string[]> {
    const statuses = await Promise.all(this.#people.map(({ actor }) => actor.status()))
    const unsaved = statuses.flatMap((status, i) => (status === 'Saved' ? [] : [`${this.#people[i]?.name}: ${status}`]))
    const [first = [], ...others] = await Promise.all(this.#people.map(sceneOf))
    const names = this.#people.map(({ name }) => name)
    const differences = others.flatMap((scene, i) =>
      sceneDifferences(first, scene).map((difference) => `${names[0]} and ${names[i + 1]}: ${difference}`),
    )
    return [...unsaved, ...differences]
  }

  async #lookForFaults(when: string): Promise<void> {
    // Everybody sees the same by now: one person's eyes are enough.
    const [person] = this.#people
    if (!person) return
    const texts = (await sceneOf(person)).map(({ originalText = '' }) => originalText)
    const faults = [...this.#words.missingFrom(texts).map((word) => `missing: ${word}`), ...(await unreachable(person))]
    const news = faults.filter((fault) => !this.#told.has(fault))
    for (const fault of news) this.#told.add(fault)
    this.#faults.push(...news.map((fault) => `${when}: ${fault}`))
  }

  /** Of two labels of a shape the second stands beside it as a text of its own, until the first goes. */
  #withEachLabel(elements: readonly WholeElement[]): WholeElement[] {
    return elements.map((element) => {
      const containerId = findElement(this.#peer.doc, element.id)?.keys.containerId
      return typeof containerId === 'string' ? { ...element, containerId } : element
    })
  }

  /** Takes back all that one person did, and redoes it: what the others made has to stay as it is. */
  async #undoEverythingOfOne(position: number): Promise<void> {
    const person = this.#people[position]
    if (!person) return
    const before = await sceneOf(person)
    const mine = withWhatMovesAlong(person.touched, this.#withEachLabel(before))
    const others = before.filter(({ id }) => !mine.has(id))
    // A text of others in which only this person's words are left may go with these.
    const made = before.filter(
      ({ id }) => !this.#authors.hasMade(person.actor, id) && !this.#authors.hasWrittenAll(person.actor, id),
    )
    const links = linksOf(others)
    const editor = await wholeEditor(person.actor)
    const steps = await editor.evaluate((present) => present.history.undoStack.length)
    for (const act of ['undo', 'redo'] as const) {
      await this.#perform(person, { do: act, times: steps }, 1_000)
      const when = `after ${person.name}'s ${act} of ${steps} steps`
      if (!(await this.#settle(when))) return
      await this.#lookForFaults(when)
      const after = new Map((await sceneOf(person)).map((element) => [element.id, element]))
      for (const element of others) {
        const now = after.get(element.id)
        const differences = now
          ? elementDifferences(element, now, links)
          : [`${element.type} ${element.id.slice(0, 5)} is gone`]
        this.#faults.push(...differences.map((difference) => `${when}: of others' work, ${difference}`))
      }
      const gone = made.filter(({ id }) => mine.has(id) && !after.has(id))
      this.#faults.push(...gone.map(({ id, type }) => `${when}: others' ${type} ${id.slice(0, 5)} is gone`))
    }
  }
}
