import { elementsOf, storedWords } from '@sketchroom/shared/scene/document'
import type { BoardActor } from '../board-actor.ts'
import type { Peer } from '../peer.ts'

/** Who made which element: a document says which client wrote what, and the server has stored whose that is. */
export class Authors {
  readonly #peer: Peer
  readonly #readNames: () => ReadonlyMap<number, string>
  #people: ReadonlyMap<number, string> = new Map()
  readonly #names = new Map<BoardActor, string>()

  /** `readNames` gives the name of each client that the server has stored something of. */
  constructor(peer: Peer, readNames: () => ReadonlyMap<number, string>) {
    this.#peer = peer
    this.#readNames = readNames
  }

  /** Learns what somebody is called. */
  async learn(person: BoardActor): Promise<void> {
    this.#names.set(person, await person.name())
  }

  hasMade(person: BoardActor, elementId: string): boolean {
    // Yjs has no call that tells who made an entry of a map.
    // oxlint-disable-next-line no-underscore-dangle
    const client = elementsOf(this.#peer.doc)._map.get(elementId)?.id.client
    return client === undefined || this.#nameOf(client) === this.#names.get(person)
  }

  /** Whether all that can be read of a text is this person's: of a copy of others' words, too. */
  hasWrittenAll(person: BoardActor, elementId: string): boolean {
    const words = storedWords(this.#peer.doc, elementId)
    if (typeof words !== 'object') return false
    const name = this.#names.get(person)
    // Nor one that tells who wrote a letter.
    // oxlint-disable-next-line no-underscore-dangle
    for (let item = words._start; item !== null; item = item.right) {
      const isBlank = item.content.getContent().join('').trim() === ''
      if (!item.deleted && !isBlank && this.#nameOf(item.id.client) !== name) return false
    }
    return true
  }

  /** What is nobody's, such as how anybody would share plain words, has no name. */
  #nameOf(client: number): string | undefined {
    if (!this.#people.has(client)) this.#people = this.#readNames()
    return this.#people.get(client)
  }
}
