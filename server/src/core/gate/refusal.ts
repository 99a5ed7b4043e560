import type { RefusalReason } from '@sketchroom/shared/protocol/notices'

/** A rule of the gate, as `README.md` numbers them. */
export type Rule = `G${number}`

/**
 * Why an update is not taken. `malformed_update` is what no honest client could send; all else may come of a mistake, and
 * the client is told what to mend.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly rule: Rule
  readonly reason: RefusalReason

  /** `detail` says which part, and what was expected. */
  constructor(rule: Rule, reason: RefusalReason, detail: string) {
    super(detail)
    this.rule = rule
    this.reason = reason
  }
}

/** Refuses what no honest client could send. */
export function malformed(rule: Rule, detail: string): never {
  throw new Refusal(rule, 'malformed_update', detail)
}

/** Refuses what the drawing's format has no place for. */
export function invalid(rule: Rule, detail: string): never {
  throw new Refusal(rule, 'invalid_content', detail)
}
