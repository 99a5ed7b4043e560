import * as fc from 'fast-check'
import * as Y from 'yjs'

/** One thing that one of a few people does to the drawing that they share; `at` wraps around. */
export type DrawingEdit =
  | { readonly kind: 'create' | 'set' | 'stroke' | 'chunk' | 'remove'; readonly by: number; readonly key: string }
  | { readonly kind: 'write' | 'erase'; readonly by: number; readonly key: string; readonly at: number }
  /** Somebody hears of all that another has done. */
  | { readonly kind: 'hear'; readonly by: number; readonly from: number }

const PEOPLE = 3
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

/** What a few people draw on one board, each on their own copy; person `n` is the Yjs client `n + 1`. */
export class DrawingHistory {
  readonly copies = Array.from({ length: PEOPLE }, (_, index) => {
    const copy = new Y.Doc()
    copy.clientID = index + 1
    return copy
  })

  /** Does an edit and answers its update; undefined when there is nothing new in it for others. */
  do(edit: DrawingEdit): Uint8Array | undefined {
    const copy = this.copies[edit.by] as Y.Doc
    if (edit.kind === 'hear') {
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.copies[edit.from] as Y.Doc, Y.encodeStateVector(copy)))
      return undefined
    }
    let update: Uint8Array | undefined
    const listen = (bytes: Uint8Array) => (update = bytes)
    copy.on('update', listen)
    copy.transact(() => change(copy, edit))
    copy.off('update', listen)
    return update
  }
}

function change(copy: Y.Doc, edit: Exclude<DrawingEdit, { kind: 'hear' }>): void {
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
