import * as Y from 'yjs'
import type { Clocks, Edit } from '../collab/edits.ts'
import { takeUpdate } from '../collab/take-update.ts'
import type { Place } from './device-database.ts'

/** Transaction origin of what another tab of this browser drew. */
export const SIBLING = Symbol('drawn in another tab')

/** What tabs tell each other. Only tabs of the same format hear it: the channel's name carries its version. */
type Message =
  | { type: 'hello'; from: number; stateVector: Uint8Array }
  | { type: 'answer'; to: number; from: number; update: Uint8Array; edits: Edit[]; stateVector: Uint8Array }
  | { type: 'rest'; to: number; update: Uint8Array; edits: Edit[] }
  | { type: 'edit'; edits: readonly Edit[]; update: Uint8Array }
  | { type: 'durable'; clocks: Clocks }

/** What a tab needs to talk to the other tabs that show the same room to the same person. */
export interface SiblingTabsOptions {
  readonly place: Place
  readonly doc: Y.Doc
  /** The unsent edits that were made in this tab: of another's it may not yet know that they are durable. */
  readonly ownUnsent: () => Edit[]
  /** Other tabs made these edits; they are in the document now, and not durable yet. */
  readonly onEdits: (edits: readonly Edit[]) => void
  /** Another tab learned that this is durable. */
  readonly onDurable: (clocks: Clocks) => void
}

/**
 * Passes local edits between the tabs of one browser that show the same room, network or not. Each tab tells
 * only what it made itself, so nothing goes round in circles.
 */
export class SiblingTabs {
  readonly #options: SiblingTabsOptions
  /** What this tab is called: its Yjs client, at first. */
  readonly #tab: number
  #channel: BroadcastChannel | undefined

  constructor(options: SiblingTabsOptions) {
    this.#options = options
    this.#tab = options.doc.clientID
    this.#channel = openChannel(`sketchroom/2/${JSON.stringify(options.place)}`)
    this.#channel?.addEventListener('message', (event: MessageEvent<Message>) => this.#receive(event.data))
  }

  /** Asks the other tabs for what this one lacks, and offers them what they lack. */
  hello(): void {
    this.#post({ type: 'hello', from: this.#tab, stateVector: Y.encodeStateVector(this.#options.doc) })
  }

  /** Tells of an edit made here. */
  edit(edits: readonly Edit[], update: Uint8Array): void {
    this.#post({ type: 'edit', edits, update })
  }

  /** Tells that the server has made this durable. */
  durable(clocks: Clocks): void {
    if (clocks.size > 0) this.#post({ type: 'durable', clocks })
  }

  /** Leaves the other tabs. */
  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  #receive(message: Message): void {
    const { doc, ownUnsent, onDurable } = this.#options
    switch (message.type) {
      case 'hello':
        return this.#post({
          type: 'answer',
          to: message.from,
          from: this.#tab,
          update: Y.encodeStateAsUpdate(doc, message.stateVector),
          edits: ownUnsent(),
          stateVector: Y.encodeStateVector(doc),
        })
      case 'answer':
        if (message.to !== this.#tab) return
        this.#take(message.update, message.edits)
        return this.#post({
          type: 'rest',
          to: message.from,
          update: Y.encodeStateAsUpdate(doc, message.stateVector),
          edits: ownUnsent(),
        })
      case 'rest':
        if (message.to === this.#tab) this.#take(message.update, message.edits)
        return
      case 'edit':
        return this.#take(message.update, message.edits)
      case 'durable':
        return onDurable(message.clocks)
    }
  }

  #take(update: Uint8Array, edits: readonly Edit[]): void {
    takeUpdate(this.#options.doc, update, SIBLING)
    this.#options.onEdits(edits)
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
