/**
 * The part of the service worker's global scope that we use. TypeScript's own `webworker` library cannot
 * stand beside `dom` in one program.
 */
export interface WorkerScope {
  readonly location: Location
  readonly registration: { readonly installing: object | null; readonly waiting: object | null }
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: {
      type: 'window'
      includeUncontrolled: boolean
    }): Promise<ReadonlyArray<{ readonly url: string }>>
  }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: LongEvent) => void): void
  addEventListener(type: 'message', listener: (event: LongEvent & MessageEvent<unknown>) => void): void
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
}

/** An event that lasts as long as the work that it is told of. */
interface LongEvent {
  waitUntil(work: Promise<unknown>): void
}

/** A request of a page that the worker may answer. */
interface FetchEvent extends LongEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
