import {
  HocuspocusProvider,
  type HocuspocusProviderConfiguration,
  HocuspocusProviderWebsocket,
  type HocuspocusProviderWebsocketConfiguration,
  type onCloseParameters,
} from '@hocuspocus/provider'
import { KEPT, SIBLING } from '../offline/origins.ts'

/**
 * The provider's socket without its queue and its reconnects. What cannot be sent now is forgotten: the
 * handshake of the next connection carries it, and a queue would send it twice.
 */
export class RoomSocket extends HocuspocusProviderWebsocket {
  constructor(configuration: HocuspocusProviderWebsocketConfiguration) {
    super({ ...configuration, autoConnect: false, maxAttempts: 1 })
  }

  override onClose(parameters: onCloseParameters): void {
    // Or it would start a timer for a reconnect that nobody asked for.
    this.shouldConnect = false
    super.onClose(parameters)
  }

  override send(message: Uint8Array): void {
    if (this.webSocket?.readyState === WebSocket.OPEN) super.send(message)
  }
}

/**
 * A provider that sends what this tab drew since it was let in, and only that. Earlier edits and what was kept
 * on this device go out with the handshake, and what another tab drew is sent by that tab.
 */
export class RoomProvider extends HocuspocusProvider {
  readonly #isJoined: () => boolean

  /** `isJoined` tells whether the server has let this tab in, on the connection that is open now. */
  constructor(configuration: HocuspocusProviderConfiguration, isJoined: () => boolean) {
    super(configuration)
    this.#isJoined = isJoined
  }

  override documentUpdateHandler(update: Uint8Array, origin: unknown): void {
    // The provider's own `isAuthenticated` ends with a token that could not be renewed; the connection does not.
    if (!this.#isJoined() || origin === KEPT || origin === SIBLING) return
    super.documentUpdateHandler(update, origin)
  }
}
