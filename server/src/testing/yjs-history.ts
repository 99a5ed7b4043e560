import * as fc from 'fast-check'
import * as Y from 'yjs'

/** Somebody hears of all that another has done. */
export interface Hearing {
  readonly kind: 'hear'
  readonly by: number
  readonly from: number
}

/** One thing that one of a few people does to the document that they share; `at` wraps around. */
export type YjsEdit =
  | { readonly kind: 'set' | 'remove' | 'nest' | 'fill'; readonly by: number; readonly key: string }
  | { readonly kind: 'write' | 'erase'; readonly by: number; readonly at: number }
  | Hearing

/** How many they are. */
export const PEOPLE = 3
const by = fc.nat(PEOPLE - 1)
const key = fc.constantFrom('a', 'b', 'c')

/** Any edit: values and nested maps under a few keys, a text, and people who hear of each other now and then. */
export const yjsEdit: fc.Arbitrary<YjsEdit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('set' as const, 'remove' as const, 'nest' as const, 'fill' as const), by, key }),
  fc.record({ kind: fc.constantFrom('write' as const, 'erase' as const), by, at: fc.nat(20) }),
  fc.record({ kind: fc.constant('hear' as const), by, from: by }),
)

/** What a few people do to one document, each on their own copy; person `n` is the Yjs client `n + 1`. */
export class History<Edit extends { readonly kind: string; readonly by: number }> {
  readonly #change: (copy: Y.Doc, edit: Edit) => void
  readonly copies = Array.from({ length: PEOPLE }, (_, index) => {
    const copy = new Y.Doc()
    copy.clientID = index + 1
    return copy
  })

  constructor(apply: (copy: Y.Doc, edit: Edit) => void) {
    this.#change = apply
  }

  /** Does an edit and answers its update; undefined when there is nothing new in it for others. */
  do(edit: Edit | Hearing): Uint8Array | undefined {
    const copy = this.copies[edit.by] as Y.Doc
    if (isHearing(edit)) {
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.copies[edit.from] as Y.Doc, Y.encodeStateVector(copy)))
      return undefined
    }
    let update: Uint8Array | undefined
    const listen = (bytes: Uint8Array) => (update = bytes)
    copy.on('update', listen)
    copy.transact(() => this.#change(copy, edit))
    copy.off('update', listen)
    return update
  }
}

/** The same, by any edits of Yjs's types. */
export class YjsHistory extends History<Exclude<YjsEdit, Hearing>> {
  constructor() {
    super(change)
  }
}

function isHearing(edit: { readonly kind: string }): edit is Hearing {
  return edit.kind === 'hear'
}

function change(copy: Y.Doc, edit: Exclude<YjsEdit, Hearing>): void {
  const [map, text] = [copy.getMap('map'), copy.getText('text')]
  switch (edit.kind) {
    case 'set':
      map.set(edit.key, copy.clientID * 1000 + map.size)
      break
    case 'nest':
      map.set(edit.key, new Y.Map([['inner', 1]]))
      break
    case 'fill': {
      const nested = map.get(edit.key)
      if (nested instanceof Y.Map) nested.set('inner', copy.clientID)
      break
    }
    case 'remove':
      map.delete(edit.key)
      break
    case 'write':
      text.insert(edit.at % (text.length + 1), 'abc')
      break
    case 'erase':
      if (text.length > 0) text.delete(edit.at % text.length, 1)
  }
}

/** All that can be told of a document from outside: what is in it, and which ids it has and has deleted. */
export function stateOf(document: Y.Doc) {
  const { clients } = Y.createDeleteSetFromStructStore(document.store)
  return {
    map: document.getMap('map').toJSON(),
    text: document.getText('text').toDelta() as unknown,
    inserted: Y.decodeStateVector(Y.encodeStateVector(document)),
    deleted: new Map([...clients].map(([client, items]) => [client, items.map(({ clock, len }) => [clock, len])])),
    waiting: document.store.pendingStructs !== null || document.store.pendingDs !== null,
  }
}

/** A document with all that another has; what either does later, the other does not hear of. */
export function copyOf(document: Y.Doc): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(document))
  return copy
}
