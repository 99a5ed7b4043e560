/**
 * Pastes public library files onto boards and looks whether another browser shows the same shapes:
 * `node scripts/paste-libraries.ts <folder of .excalidrawlib files>`. None are in the repository.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sceneDifferences } from '../client/e2e/src/fuzz/compare.ts'
import { elementsOfLibrary, type FileElement, pasteElements } from '../client/e2e/src/library-file.ts'
import { Stage } from '../client/e2e/src/stage.ts'
import type { BoardActor } from '../client/e2e/src/board-actor.ts'
import type { WholeElement } from '../client/e2e/src/fuzz/whole-editor.ts'

const PATIENCE_MS = 25_000
/** What one file is pasted in: more at once are slow to draw without a graphics card. */
const MOST_AT_ONCE = 1_500
/** What other editors put into files: nothing of it is shown here. */
const FOREIGN = new Set(['polygon', 'parent'])

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node scripts/paste-libraries.ts <folder of .excalidrawlib files>')

const stage = await Stage.open()
const permissions = ['clipboard-read', 'clipboard-write']
const [ada, bob] = [await stage.enter({ permissions }), await stage.enter({ permissions })]
const figures = { files: 0, elements: 0, differ: 0, changed: 0, lacking: 0 }
for (const name of (await readdir(folder)).filter((file) => file.endsWith('.excalidrawlib')).sort()) {
  const elements = elementsOfLibrary(await readFile(join(folder, name), 'utf8'))
  figures.files += 1
  for (let at = 0; at < elements.length; at += MOST_AT_ONCE) await paste(name, elements.slice(at, at + MOST_AT_ONCE))
}
say(JSON.stringify(figures))
await stage.close()

async function paste(name: string, elements: readonly FileElement[]): Promise<void> {
  const board = await stage.hostBoard()
  for (const person of [ada, bob]) {
    await person.open(board.url)
    await person.take('selection')
  }
  await pasteElements(ada, elements)
  const deadline = Date.now() + PATIENCE_MS
  let differences = ['nothing was pasted']
  let pasted: readonly WholeElement[] = []
  while (differences.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    pasted = await sceneOf(ada)
    differences = pasted.length === 0 ? differences : sceneDifferences(pasted, await sceneOf(bob))
    if (differences.length === 0 && (await ada.status()) !== 'Saved') differences = [await ada.status()]
  }
  const changed = changesTo(elements, pasted)
  figures.elements += elements.length
  figures.differ += differences.length
  figures.changed += changed.length
  figures.lacking += Math.max(0, elements.length - pasted.length)
  const telling = [...differences.slice(0, 5), ...changed.slice(0, 3)].map((line) => `\n    ${line}`).join('')
  say(`${name}: ${elements.length} → ${pasted.length}${telling}`)
}

/** What Excalidraw itself makes of the file when it is pasted: of no fault of ours, but good to know. */
function changesTo(elements: readonly FileElement[], pasted: readonly WholeElement[]): string[] {
  if (elements.length !== pasted.length) return [`${elements.length - pasted.length} were not pasted`]
  return elements.flatMap((element, i) => {
    const now = pasted[i]
    // Version 1 had strokes as lines, of a type of their own; a stroke's size in a file need not be that of its points.
    const type = element.type === 'draw' ? 'line' : element.type
    if (type !== now?.type) return [`${element.type} became ${now?.type}`]
    if (type === 'freedraw') return []
    const sizes = (['width', 'height'] as const).filter((size) => Math.abs(Number(element[size]) - now[size]) > 1)
    return sizes.map((size) => `${element.type}: ${size} ${String(element[size])} became ${now[size]}`)
  })
}

/**
 * What somebody sees, without what cannot be seen: some files have lines of no length, and boxes with a size of type. Ink
 * of no length is a dot.
 */
async function sceneOf(person: BoardActor): Promise<readonly WholeElement[]> {
  const elements = (await person.elements()) as unknown as readonly WholeElement[]
  const isSeen = ({ type, points }: WholeElement) =>
    type === 'freedraw' || !points || points.some(([x, y]) => x !== 0 || y !== 0)
  return elements.filter(isSeen).map((element) => {
    const isShown = (key: string) => !FOREIGN.has(key) && (element.type === 'text' || key !== 'fontSize')
    const entries = Object.entries(element).filter(([key]) => isShown(key))
    const seen = Object.fromEntries(entries) as unknown as WholeElement
    return seen.points ? { ...seen, points: seen.points.map(([x, y]) => [x, y] as const) } : seen
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
