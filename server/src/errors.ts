import type { ErrorCode } from '@sketchroom/shared/error-codes'

/** One faulty field of a request: a JSON pointer (RFC 6901) and what was expected there. */
export interface FieldFault {
  readonly pointer: string
  readonly detail: string
}

/**
 * The one error that SketchRoom throws on purpose. Its code decides the HTTP status (`http/problem.ts`)
 * and the WebSocket close code (`shared/protocol/close-codes.ts`); its message is safe to show.
 */
export class SketchRoomError extends Error {
  readonly code: ErrorCode
  readonly fields: readonly FieldFault[]

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; fields?: readonly FieldFault[] } = {}) {
    super(message, { cause: options.cause })
    this.name = 'SketchRoomError'
    this.code = code
    this.fields = options.fields ?? []
  }
}

/** What something that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Why something was refused; what is no refusal of ours is the store's fault, and may heal. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof SketchRoomError ? error.code : 'store_unavailable'
}

/** What kind of error was thrown, without its message, which may quote somebody. */
export function kindOf(error: unknown): string {
  if (error instanceof SketchRoomError) return error.code
  return error instanceof Error ? error.name : 'unknown'
}
