import { elementsOf, storedWords } from '@sketchroom/shared/scene/document'
import type { BoardActor } from '../board-actor.ts'
import type { Peer } from '../peer.ts'

/** Who made which element: a document says which client wrote what, and the awareness whose client that is. */
export class Authors {
  readonly #peer: Peer
  readonly #people = new Map<number, string>()
  readonly #names = new Map<BoardActor, string>()

  constructor(peer: Peer) {
    this.#peer = peer
    peer.awareness.on('change', () => {
      for (const [client, state] of peer.awareness.getStates()) {
        const name = (state['user'] as { name?: string } | undefined)?.name
        if (name) this.#people.set(client, name)
      }
    })
  }

  /** Learns what somebody is called. */
  async learn(person: BoardActor): Promise<void> {
    this.#names.set(person, await person.name())
  }

  hasMade(person: BoardActor, elementId: string): boolean {
    // Yjs has no call that tells who made an entry of a map.
    // oxlint-disable-next-line no-underscore-dangle
    const client = elementsOf(this.#peer.doc)._map.get(elementId)?.id.client
    return client === undefined || this.#people.get(client) === this.#names.get(person)
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
      if (!item.deleted && !isBlank && this.#people.get(item.id.client) !== name) return false
    }
    return true
  }
}
