import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'

/** Says in the log, once each, that a collector takes no spans and that it takes them again: it is asked every few seconds. */
export class TellingExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #log: Logger
  #isFailing = false

  constructor(exporter: SpanExporter, log: Logger) {
    this.#exporter = exporter
    this.#log = log
  }

  export(spans: ReadableSpan[], callback: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#heard(result)
      callback(result)
    })
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown()
  }

  #heard({ code, error }: ExportResult): void {
    const isFailing = code === ExportResultCode.FAILED
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    if (isFailing) this.#log.warn({ err: error }, 'the collector takes no traces; they are thrown away until it does')
    else this.#log.info('the collector takes traces again')
  }
}
