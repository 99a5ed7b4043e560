import * as Y from 'yjs'
import { KIND } from '../core/gate/read-content.ts'
import { craft, type CraftedClient, type CraftedDeletion, type CraftedStruct } from './crafted-update.ts'

type Random = () => number
type Id = readonly [client: number, clock: number]

const NAMES = ['elements', 'meta', 'other', '', '__proto__', 'constructor', 'x'.repeat(70)]
const KEYS = [
  'a',
  'b',
  'words',
  'ink',
  'o',
  'type',
  'xy',
  'link',
  'isDeleted',
  'schema',
  '__proto__',
  'ключ',
  'x'.repeat(65),
]
const VALUES: readonly unknown[] = [
  1,
  'rectangle',
  'text',
  [1, 2],
  [NaN, Infinity],
  null,
  true,
  -0,
  2 ** 60,
  'javascript:alert(1)',
  'x'.repeat(3_000),
  { elementId: 'a', focus: 0, gap: 1 },
  JSON.parse('{"__proto__":{"polluted":true}}'),
  [[[[[[[[[[1]]]]]]]]]],
  new Uint8Array(20),
  [],
]
const LENGTHS = [0, 1, 1, 1, 2, 3, 7, 1_000, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 40]

/**
 * Makes updates that are nearly sound: of structs that refer to what a document has, to each other and to nothing, with
 * lengths, kinds, places and values that are right more often than not; and sound ones that were damaged. One seed makes
 * the same ones again.
 */
export class HostileUpdates {
  readonly #random: Random
  /** The Yjs clients that it writes with: its own, others', and one that nobody knows. */
  readonly #clients: readonly number[]

  constructor(random: Random, clients: readonly number[]) {
    this.#random = random
    this.#clients = clients
  }

  /** The next one, for a document as it is now. */
  next(document: Y.Doc): Uint8Array {
    const made = this.#chance(0.25) ? this.#honest(document) : this.#crafted(document)
    return this.#chance(0.15) ? this.#damage(made) : made
  }

  /** What somebody draws, perhaps behind something that is left out. */
  #honest(document: Y.Doc): Uint8Array {
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(document))
    copy.clientID = this.#pick(this.#clients)
    const updates: Uint8Array[] = []
    copy.on('update', (update: Uint8Array) => updates.push(update))
    for (let n = 0; n < 1 + this.#below(6); n++) copy.transact(() => this.#edit(copy))
    const kept = updates.filter(() => this.#chance(0.9))
    return kept.length === 0 ? Uint8Array.of(0, 0) : kept.length === 1 ? (kept[0] as Uint8Array) : Y.mergeUpdates(kept)
  }

  #edit(copy: Y.Doc): void {
    const elements = copy.getMap<Y.Map<unknown>>('elements')
    const id = this.#pick(['a', 'b', 'c', 'd'])
    const element = elements.get(id)
    if (!(element instanceof Y.Map) || this.#chance(0.1)) {
      const text = new Y.Text('words')
      elements.set(
        id,
        new Y.Map<unknown>([
          ['type', 'text'],
          ['words', text],
          ['ink', new Y.Array()],
        ]),
      )
      return
    }
    const [words, ink] = [element.get('words'), element.get('ink')]
    if (this.#chance(0.3)) element.set('xy', [this.#below(100), 2])
    else if (words instanceof Y.Text && this.#chance(0.6)) {
      const at = this.#below(words.length + 1)
      if (this.#chance(0.3) && at < words.length) words.delete(at, 1)
      else words.insert(at, 'letters'.slice(0, 1 + this.#below(6)))
    } else if (ink instanceof Y.Array) ink.push([new Uint8Array(9)])
    if (this.#chance(0.05)) elements.delete(id)
  }

  #crafted(document: Y.Doc): Uint8Array {
    const clients = new Set(Array.from({ length: 1 + this.#below(3) }, () => this.#pick(this.#clients)))
    const begun: Id[] = []
    const lines = [...clients].map((client): CraftedClient => {
      const known = Y.getState(document.store, client)
      const clock = this.#chance(0.85) ? known : Math.max(0, known + this.#below(7) - 3)
      let at = clock
      const structs = Array.from({ length: 1 + this.#below(5) }, () => {
        const struct = this.#struct(document, begun)
        begun.push([client, at])
        at += struct.length ?? struct.any?.length ?? struct.string?.length ?? 1
        return struct
      })
      return [client, clock, ...structs]
    })
    const deletions = this.#chance(0.3) ? [this.#deletion(document)] : []
    return craft(this.#chance(0.05) ? [...lines, ...lines] : lines, deletions)
  }

  #struct(document: Y.Doc, begun: readonly Id[]): CraftedStruct {
    const kind = this.#pick([
      KIND.any,
      KIND.any,
      KIND.string,
      KIND.type,
      KIND.type,
      KIND.binary,
      KIND.deleted,
      KIND.gc,
      10,
      2,
      5,
      6,
      9,
      12,
    ])
    const length = kind === KIND.deleted || kind === KIND.gc || kind === KIND.skip ? this.#pick(LENGTHS) : undefined
    const where = this.#where(document, begun)
    return {
      kind,
      ...(length === undefined ? {} : { length }),
      ...where,
      ...(kind === KIND.any
        ? { any: Array.from({ length: this.#below(3) + (this.#chance(0.9) ? 1 : 0) }, () => this.#pick(VALUES)) }
        : {}),
      ...(kind === KIND.string ? { string: this.#pick(['', 'x', 'letters', '😀', '\u0000']) } : {}),
      ...(kind === KIND.type ? { type: this.#pick([0, 1, 1, 1, 2, 3, 6]) } : {}),
      ...(kind === KIND.binary ? { binary: new Uint8Array(this.#below(30)) } : {}),
    }
  }

  #where(document: Y.Doc, begun: readonly Id[]): Partial<CraftedStruct> {
    if (this.#chance(0.45)) {
      const origin = this.#chance(0.8) ? this.#id(document, begun) : undefined
      const rightOrigin = !origin || this.#chance(0.4) ? this.#id(document, begun) : undefined
      return { ...(origin ? { origin } : {}), ...(rightOrigin ? { rightOrigin } : {}) }
    }
    const parent = this.#chance(0.5) ? this.#pick(NAMES) : this.#id(document, begun)
    return { parent: this.#chance(0.4) ? 'elements' : parent, ...(this.#chance(0.85) ? { key: this.#pick(KEYS) } : {}) }
  }

  #id(document: Y.Doc, begun: readonly Id[]): Id {
    if (begun.length > 0 && this.#chance(0.4)) return this.#pick(begun)
    const client = this.#pick(this.#clients)
    const known = Y.getState(document.store, client)
    return [client, this.#chance(0.95) ? this.#below(Math.max(1, known)) : known + this.#below(5)]
  }

  #deletion(document: Y.Doc): CraftedDeletion {
    const client = this.#pick(this.#clients)
    const known = Y.getState(document.store, client)
    let at = 0
    const ranges = Array.from({ length: 1 + this.#below(3) }, (): [number, number] => {
      const clock = at + this.#below(Math.max(1, known - at))
      const length = this.#chance(0.9) ? 1 + this.#below(3) : this.#pick(LENGTHS)
      at = this.#chance(0.95) ? clock + length : clock
      return [clock, length]
    })
    return [client, ...ranges]
  }

  #damage(update: Uint8Array): Uint8Array {
    const bytes = Uint8Array.from(update)
    const at = this.#below(bytes.length)
    const how = this.#below(4)
    if (how === 0) return bytes.subarray(0, at)
    if (how === 1) return Uint8Array.from([...bytes, ...bytes.subarray(0, 1 + this.#below(4))])
    if (how === 2) bytes[at] = this.#below(256)
    else bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#below(8))
    return bytes
  }

  #chance(part: number): boolean {
    return this.#random() < part
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T
  }
}
