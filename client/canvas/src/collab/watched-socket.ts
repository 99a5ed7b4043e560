/** Sees what passes through a socket. */
export interface SocketWatcher {
  /** A frame goes out now. */
  sent(frame: Uint8Array): void
  /** A frame came in, and the listeners of the socket have handled it. */
  received(frame: Uint8Array): void
  /** The socket is gone, and its listeners know. Called once for each socket. */
  closed(code: number, reason: string): void
}

/**
 * A WebSocket for the provider that shows a watcher every frame, and that is closed the moment somebody closes
 * it: a real one waits for a peer who may be out of reach.
 */
export class WatchedSocket extends EventTarget {
  binaryType = 'arraybuffer'
  readonly #watcher: SocketWatcher
  readonly #inner: WebSocket | undefined
  #closed = false

  constructor(url: string, watcher: SocketWatcher) {
    super()
    this.#watcher = watcher
    try {
      this.#inner = new WebSocket(url)
    } catch (error) {
      // Blocked by the page's policy, say. The provider hears of it as of any failed attempt, once it listens.
      queueMicrotask(() => this.close(1006, String(error)))
      return
    }
    this.#inner.binaryType = 'arraybuffer'
    this.#inner.onopen = () => this.dispatchEvent(new Event('open'))
    this.#inner.onerror = () => this.dispatchEvent(new Event('error'))
    this.#inner.onclose = (event) => this.close(event.code, event.reason)
    this.#inner.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      this.dispatchEvent(new MessageEvent('message', { data: event.data }))
      this.#watcher.received(new Uint8Array(event.data))
    }
  }

  get readyState(): number {
    return this.#closed ? WebSocket.CLOSED : (this.#inner?.readyState ?? WebSocket.CONNECTING)
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#closed || !this.#inner) return
    this.#watcher.sent(frame)
    this.#inner.send(frame)
  }

  /** Closes at once; what was sent before still goes out. Code and reason are for our listeners, not the peer. */
  close(code = 1000, reason = ''): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#inner) {
      this.#inner.onopen = this.#inner.onerror = this.#inner.onclose = this.#inner.onmessage = null
      this.#inner.close()
    }
    this.dispatchEvent(new CloseEvent('close', { code, reason }))
    this.#watcher.closed(code, reason)
  }
}
