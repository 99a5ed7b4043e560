import { Dice } from './dice.ts'

export type Point = readonly [number, number]
export type DrawingTool = 'rectangle' | 'diamond' | 'ellipse' | 'arrow' | 'line' | 'freedraw' | 'frame'

/**
 * What somebody does in one beat. `pick` (0 to 1) chooses among the elements that this person sees then, so that a
 * script can be played again although ids and timing differ.
 */
export type Act =
  | { readonly do: 'rest' | 'release' | 'close' | 'offline' | 'online' | 'reload' }
  | { readonly do: 'draw'; readonly tool: DrawingTool; readonly from: Point; readonly to: Point }
  | { readonly do: 'connect'; readonly pick: number; readonly with: number }
  /** Opens a new text, which stays open. */
  | { readonly do: 'write'; readonly at: Point }
  /** Opens the text of an element, or a new label in it. */
  | { readonly do: 'open'; readonly pick: number; readonly caret: 'start' | 'end' | 'middle' | 'all' }
  | { readonly do: 'type' | 'paste' }
  | { readonly do: 'rub out'; readonly pick: number }
  | { readonly do: 'grab' | 'drag' | 'resize' | 'turn' | 'bend'; readonly pick: number; readonly by: Point }
  | { readonly do: 'move'; readonly by: Point }
  | { readonly do: 'style'; readonly pick: number; readonly button: string }
  | { readonly do: 'keys'; readonly picks: readonly number[]; readonly keys: string }
  | { readonly do: 'all'; readonly keys: string }
  | { readonly do: 'erase'; readonly from: Point; readonly to: Point }
  | { readonly do: 'undo' | 'redo'; readonly times: number }

/** For each person what they do, beat by beat; all do their part of a beat at the same time. */
export type Script = readonly (readonly Act[])[]

/** Where nothing of the editor's own lies over the canvas. */
export const PAPER = { left: 280, top: 150, right: 1160, bottom: 720 } as const

const WEIGHTS = {
  draw: 14,
  connect: 8,
  write: 9,
  open: 14,
  drag: 10,
  grab: 8,
  resize: 6,
  turn: 2,
  bend: 3,
  style: 6,
  keys: 14,
  all: 3,
  erase: 2,
  undo: 5,
  redo: 3,
  offline: 4,
  reload: 2,
}
const TOOLS = { rectangle: 6, diamond: 2, ellipse: 3, arrow: 3, line: 2, freedraw: 2, frame: 2 }
const KEYS = {
  Delete: 4,
  'Control+g': 3,
  'Control+Shift+G': 1,
  'Control+Shift+L': 1,
  'Control+d': 2,
  'Control+c': 3,
  'Control+x': 1,
  'Control+Shift+[': 1,
  'Control+Shift+]': 1,
  'Shift+H': 1,
  ArrowRight: 2,
}
const ALL_KEYS = { ArrowDown: 3, Delete: 1, 'Control+c': 1, 'Control+g': 1 }
const BUTTONS = {
  'color-top-pick-#e03131': 2,
  'color-top-pick-#ffc9c9': 2,
  'strokeWidth-bold': 1,
  'fontSize-large': 2,
  'font-family-code': 2,
  'align-right': 1,
  'align-top': 1,
  'elbow-arrow': 2,
  'round-arrow': 1,
}

/** Where several people work on the same elements, their work meets: most picks are of a few places. */
class HotDice extends Dice {
  readonly #hot: readonly [number, number] = [this.fraction(), this.fraction()]

  pick(): number {
    return this.fraction() < 0.65 ? this.oneOf(this.#hot) : this.fraction()
  }
}

/** What two people, or sometimes three, do in a round with this seed. */
export function scriptOf(seed: number, beats: number): Script {
  const dice = new HotDice(seed)
  return Array.from({ length: seed % 4 === 0 ? 3 : 2 }, () => {
    const acts: Act[] = []
    // Each begins with something to work on; what they do to each other's work is what is tested.
    for (let i = 0; i < 2; i++) acts.push(draw(dice))
    while (acts.length < beats) acts.push(...next(dice))
    return acts.slice(0, beats)
  })
}

/** What is done next: one act, or a gesture that takes several beats, in which the others go on. */
function next(dice: HotDice): Act[] {
  const what = dice.weighted(WEIGHTS)
  const pick = dice.pick()
  if (what === 'draw') return [draw(dice)]
  if (what === 'connect') return [{ do: what, pick, with: dice.pick() }]
  if (what === 'write') return [{ do: what, at: point(dice) }, ...typing(dice)]
  if (what === 'open') {
    const caret = dice.weighted({ start: 3, end: 5, middle: 3, all: 1 })
    return [{ do: what, pick, caret }, ...typing(dice)]
  }
  if (what === 'grab') {
    const moves = Array.from({ length: dice.between(0, 2) }, () => ({ do: 'move', by: step(dice) }) as const)
    return [{ do: what, pick, by: step(dice) }, ...moves, { do: 'release' }]
  }
  if (what === 'drag' || what === 'resize' || what === 'turn' || what === 'bend')
    return [{ do: what, pick, by: step(dice) }]
  if (what === 'style') return [{ do: what, pick, button: dice.weighted(BUTTONS) }]
  if (what === 'keys') {
    const keys = dice.weighted(KEYS)
    const picks = Array.from({ length: dice.weighted({ 1: 3, 2: 2, 3: 1 }) === '1' ? 1 : 2 }, () => dice.pick())
    const pasting = keys === 'Control+c' || keys === 'Control+x'
    return [{ do: what, picks, keys }, ...(pasting ? [{ do: 'paste' } as const] : [])]
  }
  if (what === 'all') return [{ do: what, keys: dice.weighted(ALL_KEYS) }]
  if (what === 'erase') return [{ do: what, from: point(dice), to: point(dice) }]
  if (what === 'undo') return [{ do: what, times: dice.between(1, 4) }]
  if (what === 'redo') return [{ do: what, times: dice.between(1, 3) }]
  if (what === 'reload') return [{ do: what }]
  const meanwhile = Array.from({ length: dice.between(2, 4) }, () => next(dice)).flat()
  return [{ do: 'offline' }, ...meanwhile, { do: 'online' }]
}

function draw(dice: HotDice): Act {
  const from = point(dice)
  const to: Point = [from[0] + dice.between(40, 240), from[1] + dice.between(40, 160)]
  return { do: 'draw', tool: dice.weighted(TOOLS), from, to }
}

function typing(dice: HotDice): Act[] {
  const acts = Array.from({ length: dice.between(1, 3) }, (): Act => {
    return dice.fraction() < 0.8 ? { do: 'type' } : { do: 'rub out', pick: dice.fraction() }
  })
  return [...acts, { do: 'close' }]
}

function point(dice: HotDice): Point {
  return [dice.between(PAPER.left, PAPER.right), dice.between(PAPER.top, PAPER.bottom)]
}

function step(dice: HotDice): Point {
  return [dice.between(-160, 160), dice.between(-120, 120)]
}
