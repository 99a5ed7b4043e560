import * as fc from 'fast-check'
import * as Y from 'yjs'
import { History, PEOPLE, type Hearing } from './yjs-history.ts'

/** One thing that one of a few people does to the drawing that they share; `at` wraps around. */
type DrawingEdit =
  | { readonly kind: 'create' | 'set' | 'stroke' | 'chunk' | 'remove'; readonly by: number; readonly key: string }
  | { readonly kind: 'write' | 'erase'; readonly by: number; readonly key: string; readonly at: number }
  | Hearing

const by = fc.nat(PEOPLE - 1)
const key = fc.constantFrom('a', 'b', 'c')
const at = fc.nat(20)

/** Any edit that the drawing's format knows: elements, their keys, strokes and words, and people who hear of each other. */
export const drawingEdit: fc.Arbitrary<DrawingEdit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('create' as const, 'set' as const, 'stroke' as const), by, key }),
  fc.record({ kind: fc.constantFrom('chunk' as const, 'remove' as const), by, key }),
  fc.record({ kind: fc.constantFrom('write' as const, 'erase' as const), by, key, at }),
  fc.record({ kind: fc.constant('hear' as const), by, from: by }),
)

/** What a few people draw on one board, each on their own copy. */
export class DrawingHistory extends History<Exclude<DrawingEdit, Hearing>> {
  constructor() {
    super(change)
  }
}

function change(copy: Y.Doc, edit: Exclude<DrawingEdit, Hearing>): void {
  const elements = copy.getMap<Y.Map<unknown>>('elements')
  if (edit.kind === 'create') {
    const keys = [
      ['type', 'text'],
      ['words', new Y.Text('ab')],
    ] as const
    return void elements.set(edit.key, new Y.Map(keys as never))
  }
  const element = elements.get(edit.key)
  if (!element) return
  const [words, ink] = [element.get('words'), element.get('ink')]
  switch (edit.kind) {
    case 'set':
      return void element.set('xy', [copy.clientID, element.size])
    case 'stroke':
      return void element.set('ink', Y.Array.from([Uint8Array.of(0, 1, 0, 1, 0)]))
    case 'chunk':
      return ink instanceof Y.Array ? ink.push([Uint8Array.of(0, 2, 0, 2, 0)]) : undefined
    case 'remove':
      return elements.delete(edit.key)
    case 'write':
      return words instanceof Y.Text ? words.insert(edit.at % (words.length + 1), 'abc') : undefined
    case 'erase':
      if (words instanceof Y.Text && words.length > 0) words.delete(edit.at % words.length, 1)
  }
}
