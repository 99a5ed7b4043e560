/** What a span says of itself: numbers, ids and fixed words. Never what somebody drew, and users only by `userInLog`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** What a span is beside its name, in OpenTelemetry's terms. */
export interface SpanOptions {
  /** By `performance.now()`; now, unless it began before. */
  readonly startedAt?: number
  /** What it does for, or asks of, another process. */
  readonly kind?: 'server' | 'producer' | 'consumer'
}

/** A piece of work that is followed, with a start and an end, in a trace: what is not ended is never shown. */
export interface Span {
  /** Its place in its trace, as a W3C `traceparent`: for what another process does of the same. */
  readonly traceparent: string
  /** Begins a part of it. */
  begin(name: string, options?: SpanOptions): Span
  set(attributes: SpanAttributes): void
  /** Says that it has to do with another, of another trace. */
  link(other: Span): void
  /** Ends it, now, and only once. `error` is an error's code or name, when it failed: no message, which may quote somebody. */
  end(error?: string): void
}

/** Follows some of what is done, as the operator has configured. */
export interface Tracing {
  /**
   * Begins a span of its own trace, or of the one that goes on elsewhere at `traceparent`; undefined for what is not followed,
   * which is nearly everything.
   */
  begin(name: string, options?: SpanOptions & { readonly traceparent?: string }): Span | undefined
  /** Sends what is left, within a second; what cannot be sent by then is lost, and nobody is told. */
  close(): Promise<void>
}

/** The spans of those that are followed; most often none. */
export function spansOf(followed: Iterable<{ readonly span?: Span | undefined }>): Span[] {
  const spans: Span[] = []
  for (const { span } of followed) if (span) spans.push(span)
  return spans
}

/** Begins what is done for several at once: it is a part of the first, and linked with the others. */
export function beginShared(spans: readonly Span[], name: string): Span | undefined {
  const [first, ...others] = spans
  const shared = first?.begin(name)
  for (const other of others) {
    shared?.link(other)
    if (shared) other.link(shared)
  }
  return shared
}
