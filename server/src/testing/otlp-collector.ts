import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as decoding from 'lib0/decoding'

/** A span as it came over the line. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first of a trace. */
  readonly parentId: string
  readonly name: string
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  /** The spans that it is linked with. */
  readonly links: readonly string[]
  /** Undefined when it went well. */
  readonly error: string | undefined
  /** What the process says of itself. */
  readonly resource: Readonly<Record<string, unknown>>
}

/** Takes traces as an OpenTelemetry collector does: OTLP over HTTP, in protobuf. */
export class OtlpCollector {
  readonly spans: ReceivedSpan[] = []
  /** The headers of each delivery. */
  readonly headers: Array<NodeJS.Dict<string | string[]>> = []
  readonly #server: Server
  #hangs = false

  private constructor() {
    this.#server = createServer((request, response) => {
      this.headers.push(request.headers)
      if (this.#hangs) return
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        this.spans.push(...readRequest(Buffer.concat(chunks)))
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      })
    })
  }

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector()
    await new Promise<void>((resolve) => collector.#server.listen(0, '127.0.0.1', resolve))
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on, takes what comes and says nothing. */
  hang(): void {
    this.#hangs = true
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

type Fields = Map<number, Array<Uint8Array | bigint | number>>

/** The fields of a protobuf message by their numbers; https://protobuf.dev/programming-guides/encoding */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map()
  const decoder = decoding.createDecoder(bytes)
  while (decoding.hasContent(decoder)) {
    const key = decoding.readVarUint(decoder)
    const values = fields.get(key >>> 3) ?? []
    fields.set(key >>> 3, values)
    const wireType = key & 7
    if (wireType === 0) values.push(decoding.readVarUint(decoder))
    else if (wireType === 1) values.push(Buffer.from(decoding.readUint8Array(decoder, 8)).readBigUInt64LE())
    else if (wireType === 2) values.push(decoding.readVarUint8Array(decoder))
    else if (wireType === 5) values.push(Buffer.from(decoding.readUint8Array(decoder, 4)).readUInt32LE())
    else throw new Error(`no protobuf: wire type ${wireType}`)
  }
  return fields
}

const messagesIn = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((value) => fieldsOf(value as Uint8Array))
const bytesIn = (fields: Fields, number: number): Buffer => Buffer.from((fields.get(number)?.[0] ?? []) as Uint8Array)
const textIn = (fields: Fields, number: number): string => bytesIn(fields, number).toString()
const hexIn = (fields: Fields, number: number): string => bytesIn(fields, number).toString('hex')

/** https://github.com/open-telemetry/opentelemetry-proto, `trace.proto`: the numbers are those of its fields. */
function readRequest(bytes: Uint8Array): ReceivedSpan[] {
  return messagesIn(fieldsOf(bytes), 1).flatMap((resourceSpans) => {
    const [about] = messagesIn(resourceSpans, 1)
    const resource = about ? attributesIn(about, 1) : {}
    const spans = messagesIn(resourceSpans, 2).flatMap((scope) => messagesIn(scope, 2))
    return spans.map((span) => readSpan(span, resource))
  })
}

function readSpan(span: Fields, resource: ReceivedSpan['resource']): ReceivedSpan {
  const [status] = messagesIn(span, 15)
  return {
    traceId: hexIn(span, 1),
    spanId: hexIn(span, 2),
    parentId: hexIn(span, 4),
    name: textIn(span, 5),
    startNs: span.get(7)?.[0] as bigint,
    endNs: span.get(8)?.[0] as bigint,
    attributes: attributesIn(span, 9),
    links: messagesIn(span, 13).map((link) => hexIn(link, 2)),
    error: status?.get(3)?.[0] === 2 ? textIn(status, 2) : undefined,
    resource,
  }
}

function attributesIn(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(
    messagesIn(fields, number).map((pair) => {
      const [value] = messagesIn(pair, 2)
      const isText = value?.has(1)
      return [textIn(pair, 1), value && (isText ? textIn(value, 1) : [...value.values()][0]?.[0])]
    }),
  )
}
