import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Tracer,
} from '@opentelemetry/api'
import type * as api from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import serverPackage from '../../../package.json' with { type: 'json' }
import type { Span, SpanAttributes, SpanOptions, Tracing } from '../../ports/tracing.ts'
import { createSampler, type Sampling } from './sampling.ts'
import { TellingExporter } from './telling-exporter.ts'

/** What stopping may wait for a collector. */
const CLOSE_MS = 800

const KINDS = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const

/**
 * Traces for OpenTelemetry, sent by OTLP. Where to, and under which name, OpenTelemetry's own packages read from the process's
 * environment, as they document. Nothing is instrumented by itself: what is followed is begun where it happens, and its parent is
 * given by hand, so that no edit pays for a context that goes along with each promise.
 */
export class OtelTracing implements Tracing {
  readonly #provider: TracerProvider
  readonly #tracer: Tracer

  constructor(sampling: Sampling, log: Logger) {
    const ours = { 'service.name': 'sketchroom', 'service.version': serverPackage.version }
    const detectors = [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector]
    // What does not fit into the queue, while the collector is away, is thrown away: 2,048 spans, as the SDK has it.
    const exporter = new TellingExporter(new OTLPTraceExporter(), log)
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes(ours)).merge(detectResources({ detectors })),
      sampler: createSampler(sampling),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    })
    this.#tracer = this.#provider.getTracer('sketchroom', serverPackage.version)
  }

  begin(name: string, { traceparent, ...options }: SpanOptions & { traceparent?: string } = {}): Span | undefined {
    const context = traceparent === undefined ? ROOT_CONTEXT : contextOf(traceparent)
    const span = this.#tracer.startSpan(name, toOptions(options), context)
    return span.isRecording() ? new OtelSpan(this.#tracer, span) : undefined
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)))
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late])
    clearTimeout(timer)
  }
}

class OtelSpan implements Span {
  readonly #tracer: Tracer
  readonly #span: api.Span

  constructor(tracer: Tracer, span: api.Span) {
    this.#tracer = tracer
    this.#span = span
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext()
    return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`
  }

  begin(name: string, options: SpanOptions = {}): Span {
    const context = trace.setSpan(ROOT_CONTEXT, this.#span)
    return new OtelSpan(this.#tracer, this.#tracer.startSpan(name, toOptions(options), context))
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes)
  }

  link(other: Span): void {
    if (other instanceof OtelSpan) this.#span.addLink({ context: other.#span.spanContext() })
  }

  end(error?: string): void {
    if (!this.#span.isRecording()) return
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error })
    }
    this.#span.end()
  }
}

/** Without a parent, when it is none. */
function contextOf(traceparent: string): Context {
  const parent = parseTraceParent(traceparent)
  return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT
}

function toOptions({ startedAt, kind }: SpanOptions): api.SpanOptions {
  return {
    ...(startedAt !== undefined && { startTime: startedAt }),
    ...(kind && { kind: KINDS[kind] }),
  }
}
