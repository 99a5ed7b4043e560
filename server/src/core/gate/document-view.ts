// oxlint-disable no-underscore-dangle -- Yjs has no calls that tell what stands where, and how its lists are linked.
import { ELEMENTS_ROOT, META_ROOT } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import type { Id } from './read-update.ts'

/** Where in a drawing a list of structs is: a root, an element's keys, a text's letters, a stroke's chunks, or nowhere any more. */
export type Shelf = 'elements' | 'meta' | 'element' | 'words' | 'ink' | 'nowhere' | 'unknown'

/** What structs are put into: all of a list, or the history of one key of a map. */
export interface Place {
  readonly shelf: Shelf
  /** Tells places apart: the shared type of the document, or the struct of an update, that it is in. */
  readonly home: object | null
  /** The key in a map; null in a list, which has none. */
  readonly slot: string | null
}

/** What is in a deleted type is collected, and has no place. */
export const NOWHERE: Place = Object.freeze({ shelf: 'nowhere', home: null, slot: null })

type AnyType = Y.AbstractType<unknown>

/** A room's document, as far as the gate asks about it. Changes nothing, but for Yjs's own notes of where roots are. */
export class DocumentView {
  readonly #document: Y.Doc
  readonly #elements: Y.Map<unknown>
  readonly #meta: Y.Map<unknown>
  readonly #roots: ReadonlyMap<string, Place>

  constructor(document: Y.Doc) {
    this.#document = document
    this.#elements = document.getMap(ELEMENTS_ROOT)
    this.#meta = document.getMap(META_ROOT)
    this.#roots = new Map<string, Place>([
      [ELEMENTS_ROOT, { shelf: 'elements', home: this.#elements, slot: null }],
      [META_ROOT, { shelf: 'meta', home: this.#meta, slot: null }],
    ])
  }

  /** How far all of a client's structs are known. */
  reach(client: number): number {
    return Y.getState(this.#document.store, client)
  }

  /** How many clients have ever written here. */
  get clientCount(): number {
    return this.#document.store.clients.size
  }

  /** What has this id, which must be known. */
  at({ client, clock }: Id): Y.Item | Y.GC {
    return Y.getItem(this.#document.store, Y.createID(client, clock))
  }

  /** A root by its name; undefined for what is no part of a drawing. */
  root(name: string): Place | undefined {
    return this.#roots.get(name)
  }

  /** Where something stands. */
  placeOf(item: Y.Item | Y.GC): Place {
    if (!(item instanceof Y.Item) || !(item.parent instanceof Y.AbstractType)) return NOWHERE
    return { shelf: this.#shelfOf(item.parent as AnyType), home: item.parent, slot: item.parentSub }
  }

  /** What can be put into something: undefined when it is a value, and holds nothing. */
  inside(item: Y.Item | Y.GC): Place | undefined {
    if (!(item instanceof Y.Item) || item.deleted) return NOWHERE
    if (!(item.content instanceof Y.ContentType)) return undefined
    const { type } = item.content
    return { shelf: this.#shelfOf(type as AnyType), home: type, slot: null }
  }

  #shelfOf(type: AnyType): Shelf {
    if (type === (this.#elements as AnyType)) return 'elements'
    if (type === (this.#meta as AnyType)) return 'meta'
    const item = type._item
    if (!item || !(item.parent instanceof Y.AbstractType)) return 'unknown'
    if (item.parent === (this.#elements as AnyType)) return type instanceof Y.Map ? 'element' : 'unknown'
    if (this.#shelfOf(item.parent as AnyType) !== 'element') return 'unknown'
    if (item.parentSub === 'words' && type instanceof Y.Text) return 'words'
    return item.parentSub === 'ink' && type instanceof Y.Array ? 'ink' : 'unknown'
  }

  /** How many keys or things a shared type has; deleted keys count, deleted things do not. */
  sizeOf(home: object): number {
    if (!(home instanceof Y.AbstractType)) return 0
    return (home as AnyType)._map.size + (home as AnyType)._length
  }

  /** What says what a key of a map of the document is, or was before it was deleted; undefined when nothing ever did. */
  entryOf(home: object | null, key: string): Y.Item | undefined {
    return home instanceof Y.AbstractType ? (home as AnyType)._map.get(key) : undefined
  }

  /** The first of a list's structs; null when it has none. */
  startOf(home: object | null): Y.Item | null {
    return home instanceof Y.AbstractType ? (home as AnyType)._start : null
  }

  /** All that is or was in a shared type; with each, whether it is in a list, or the newest that its key says. */
  *itemsIn(type: object): Generator<readonly [item: Y.Item, isNewest: boolean]> {
    if (!(type instanceof Y.AbstractType)) return
    for (let item = (type as AnyType)._start; item; item = item.right) yield [item, true]
    for (const newest of (type as AnyType)._map.values()) {
      for (let item: Y.Item | null = newest; item; item = item.left) yield [item, item === newest]
    }
  }

  /** A client's structs, in the order of the clock. */
  structsOf(client: number): ReadonlyArray<Y.Item | Y.GC> {
    return this.#document.store.clients.get(client) ?? []
  }

  /** Where among a client's structs the one is that has this id, which must be known. */
  indexOf({ client, clock }: Id): number {
    return Y.findIndexSS(this.structsOf(client) as Array<Y.Item | Y.GC>, clock)
  }

  /** How many structs a client has from this one on: what Yjs moves when it cuts it, or puts it together with another. */
  structsFrom(id: Id): number {
    return this.structsOf(id.client).length - this.indexOf(id)
  }

  /** The elements that a range of a client's clock has put on the board, and which are there; all of it must be known. */
  *elementsIn({ client, clock }: Id, length: number): Generator<Y.Map<unknown>> {
    const structs = this.structsOf(client)
    for (let index = this.indexOf({ client, clock }); index < structs.length; index++) {
      const struct = structs[index] as Y.Item | Y.GC
      if (struct.id.clock >= clock + length) return
      if (!(struct instanceof Y.Item) || struct.deleted || struct.parent !== this.#elements) continue
      if (struct.content instanceof Y.ContentType && struct.content.type instanceof Y.Map) yield struct.content.type
    }
  }
}
