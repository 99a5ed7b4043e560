import * as Y from 'yjs'
import type { Place } from './device-database.ts'
import { isMadeBy, type EditId, type TabId } from './edit-id.ts'
import { SIBLING } from './origins.ts'

/** What tabs tell each other. Only tabs of the same format hear it: the channel's name carries its version. */
type Message =
  | { type: 'hello'; from: TabId; stateVector: Uint8Array }
  | { type: 'answer'; to: TabId; from: TabId; update: Uint8Array; edits: EditId[]; stateVector: Uint8Array }
  | { type: 'rest'; to: TabId; update: Uint8Array; edits: EditId[] }
  | { type: 'edit'; edit: EditId; update: Uint8Array }
  | { type: 'settled'; edits: readonly EditId[] }

/** What a tab needs to talk to the other tabs that show the same room. */
export interface SiblingTabsOptions {
  readonly place: Place
  readonly tab: TabId
  readonly doc: Y.Doc
  readonly unsettled: () => readonly EditId[]
  /** Other tabs made these edits; they are in the document now, and not durable yet. */
  readonly onEdits: (edits: readonly EditId[]) => void
  /** Another tab learned that these edits are durable. */
  readonly onSettled: (edits: readonly EditId[]) => void
}

/**
 * Passes local edits between the tabs of one browser that show the same room, network or not. Each tab tells
 * only what it made itself, so nothing goes round in circles.
 */
export class SiblingTabs {
  readonly #options: SiblingTabsOptions
  #channel: BroadcastChannel | undefined

  constructor(options: SiblingTabsOptions) {
    this.#options = options
    this.#channel = openChannel(`sketchroom/1/${options.place}`)
    this.#channel?.addEventListener('message', (event: MessageEvent<Message>) => this.#receive(event.data))
  }

  /** Asks the other tabs for what this one lacks, and offers them what they lack. */
  hello(): void {
    this.#post({ type: 'hello', from: this.#options.tab, stateVector: Y.encodeStateVector(this.#options.doc) })
  }

  /** Tells of an edit made here. */
  edit(edit: EditId, update: Uint8Array): void {
    this.#post({ type: 'edit', edit, update })
  }

  /** Tells that the server has made these edits durable. */
  settled(edits: readonly EditId[]): void {
    if (edits.length > 0) this.#post({ type: 'settled', edits })
  }

  /** Leaves the other tabs. */
  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  #receive(message: Message): void {
    const { tab, doc } = this.#options
    switch (message.type) {
      case 'hello':
        return this.#post({
          type: 'answer',
          to: message.from,
          from: tab,
          update: Y.encodeStateAsUpdate(doc, message.stateVector),
          edits: this.#ownEdits(),
          stateVector: Y.encodeStateVector(doc),
        })
      case 'answer':
        if (message.to !== tab) return
        this.#take(message.update, message.edits)
        return this.#post({
          type: 'rest',
          to: message.from,
          update: Y.encodeStateAsUpdate(doc, message.stateVector),
          edits: this.#ownEdits(),
        })
      case 'rest':
        if (message.to === tab) this.#take(message.update, message.edits)
        return
      case 'edit':
        return this.#take(message.update, [message.edit])
      case 'settled':
        return this.#options.onSettled(message.edits)
    }
  }

  #take(update: Uint8Array, edits: readonly EditId[]): void {
    Y.applyUpdate(this.#options.doc, update, SIBLING)
    this.#options.onEdits(edits)
  }

  /** A tab answers only for itself: of another's edits it may not yet know that they are durable. */
  #ownEdits(): EditId[] {
    return this.#options.unsettled().filter((edit) => isMadeBy(edit, this.#options.tab))
  }

  #post(message: Message): void {
    this.#channel?.postMessage(message)
  }
}

function openChannel(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name)
  } catch {
    // Missing in old browsers, and it throws where storage is switched off: then each tab goes by the server.
    return undefined
  }
}
