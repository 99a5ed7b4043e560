import { OfflineError, toError } from './api-error.ts'

/** One request to the API. `schema` checks the answer; without it the answer has no body. */
export interface ApiRequest<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  /** Sent as `Idempotency-Key`: two requests with the same are one attempt. */
  readonly idempotencyKey?: string
  readonly schema?: { parse(value: unknown): T }
  readonly signal?: AbortSignal | undefined
}

/** Sends one request, with a token when there is one. */
export type Send = <T>(request: ApiRequest<T>, token?: string) => Promise<T>

/** What `createHttp` needs from outside. */
export interface HttpOptions {
  /** The server's address, as `serverAddress` gives it. */
  readonly serverUrl: string
  readonly fetch?: typeof fetch
  /** When an answer is given up, in milliseconds. */
  readonly timeoutMs?: number
}

/**
 * Makes the one function that speaks to the API. It rejects with `ApiError` when the server says no, with
 * `OfflineError` when it cannot be reached, and with the signal's reason when the caller gave up.
 */
export function createHttp({ serverUrl, fetch: send = fetch, timeoutMs = 15_000 }: HttpOptions): Send {
  return async <T>(request: ApiRequest<T>, token?: string): Promise<T> => {
    const timeout = AbortSignal.timeout(timeoutMs)
    const headers = new Headers({ accept: 'application/json' })
    if (token) headers.set('authorization', `Bearer ${token}`)
    if (request.idempotencyKey) headers.set('idempotency-key', request.idempotencyKey)
    if (request.body !== undefined) headers.set('content-type', 'application/json')
    const response = await send(urlOf(serverUrl, request), {
      method: request.method,
      headers,
      // The refresh token is a cookie of this origin, and goes nowhere else.
      credentials: 'same-origin',
      cache: 'no-store',
      signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    }).catch((cause: unknown) => {
      request.signal?.throwIfAborted()
      throw new OfflineError(cause)
    })
    if (!response.ok) throw await toError(response)
    if (!request.schema) return undefined as T
    const body: unknown = await response.json().catch((cause: unknown) => {
      request.signal?.throwIfAborted()
      throw new OfflineError(cause)
    })
    return request.schema.parse(body)
  }
}

function urlOf(serverUrl: string, { path, query = {} }: ApiRequest<unknown>): URL {
  const url = new URL(serverUrl + path)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}
