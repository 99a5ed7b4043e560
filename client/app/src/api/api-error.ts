import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { problemSchema } from '@sketchroom/shared/api/problem'

/** The server said no. `code` tells why; `detail` is plain English from the server. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** Faulty fields by the name of the first step of their JSON pointer: `/email` is `email`. */
  readonly fields: Readonly<Record<string, string>>
  /** After how many seconds it makes sense to ask again; undefined when the server did not say. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    status: number,
    detail: string,
    options: { fields?: Readonly<Record<string, string>>; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(detail)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.fields = options.fields ?? {}
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The server could not be reached: no network, no answer in time, or a proxy that found no server behind it. */
export class OfflineError extends Error {
  constructor(cause?: unknown) {
    super('The server cannot be reached.', { cause })
    this.name = 'OfflineError'
  }
}

/** Reads why the server said no; a gateway's page without a problem in it means that nobody was reached. */
export async function toError(response: Response): Promise<ApiError | OfflineError> {
  const problem = problemSchema.safeParse(await readJson(response)).data
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  if (!problem) {
    if (response.status >= 502 && response.status <= 504) return new OfflineError()
    return new ApiError('internal', response.status, `The server answered with ${response.status}.`)
  }
  return new ApiError(problem.code, problem.status, problem.detail ?? problem.title, {
    fields: Object.fromEntries((problem.errors ?? []).map(({ pointer, detail }) => [fieldOf(pointer), detail])),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  })
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    // Not JSON: some proxy's own page. The status is all there is to know.
    return undefined
  }
}

function fieldOf(pointer: string): string {
  return pointer.replace(/^#?\//, '').split('/')[0] ?? ''
}

/** Whether it makes sense to try again by itself: the server cannot be reached, is in trouble or is too busy. */
export function isPassing(error: unknown): boolean {
  return error instanceof OfflineError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
}
