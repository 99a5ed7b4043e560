import type { ElementId } from '@sketchroom/shared/ids'
import { YJS_PATH } from '@sketchroom/shared/api/paths'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { elementsOf, readElements } from '@sketchroom/shared/scene/document'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

/** Somebody without a browser: a plain y-websocket client with a room token, as the README has it. */
export class Peer {
  readonly doc = new Y.Doc()
  /** How many bytes of updates others have caused since `listen`. */
  heardBytes = 0
  /** How many updates those were. */
  heardUpdates = 0
  readonly #provider: WebsocketProvider

  private constructor(origin: string, roomId: string, token: string) {
    const url = origin.replace(/^http/, 'ws') + YJS_PATH
    // Peers of one process must meet on the server, not on a broadcast channel.
    const options = { protocols: ['sketchroom', token], disableBc: true }
    this.#provider = new WebsocketProvider(url, roomId, this.doc, options)
  }

  /** Connects and resolves when it has what the server has. */
  static async join(origin: string, roomId: string, token: string): Promise<Peer> {
    const peer = new Peer(origin, roomId, token)
    await new Promise((resolve) => peer.#provider.once('sync', resolve))
    return peer
  }

  /** Who is there, as the room tells it. */
  get awareness(): WebsocketProvider['awareness'] {
    return this.#provider.awareness
  }

  /** The drawing as this peer has it. */
  elements(): Map<ElementId, ElementValues> {
    return readElements(this.doc)
  }

  /** One element's own map, to be changed as any Yjs client would. */
  stored(id: ElementId): Y.Map<unknown> {
    const stored = elementsOf(this.doc).get(id)
    if (!(stored instanceof Y.Map)) throw new Error(`there is no element ${id}`)
    return stored
  }

  /** Begins to count what the others' edits cost. */
  listen(): void {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this.#provider) return
      this.heardBytes += update.byteLength
      this.heardUpdates += 1
    })
  }

  /** How large the whole document is, as it would be stored. */
  documentBytes(): number {
    return Y.encodeStateAsUpdate(this.doc).byteLength
  }

  leave(): void {
    this.#provider.destroy()
    // Or the awareness looks for who has gone for good, and the process never ends.
    this.doc.destroy()
  }
}
