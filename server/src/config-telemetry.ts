import { z } from 'zod'
import type { Sampling } from './adapters/opentelemetry/sampling.ts'
import type { ErrorReporting } from './adapters/sentry/sentry-reports.ts'

const endpointSchema = z.url({
  protocol: /^https?$/,
  error: 'must be an http or https URL, such as http://collector.example.org:4318',
})
const protocolSchema = z.literal('http/protobuf', 'must be http/protobuf: traces are sent in no other way')

/** A DSN is a secret of sorts: none is repeated in what is said of it. */
const dsnSchema = z.string().refine(isDsn, 'must be a DSN as Sentry shows it, such as https://key@sentry.example.org/1')

function isDsn(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username !== '' && /\/\d+$/.test(url.pathname)
}

/** The environment variables that say where traces and errors go; of OpenTelemetry's, those that decide something here. */
export const telemetryEnvironment = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpointSchema.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpointSchema.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocolSchema.optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocolSchema.optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp'),
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_traceidratio'),
  // Edits are thousands a second, and a hundredth of them shows where the time goes.
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number('must be a number from 0 to 1').min(0).max(1).default(0.01),
  SENTRY_DSN: dsnSchema.optional(),
  SENTRY_ENVIRONMENT: z.string().min(1).max(64).default('production'),
}

type TelemetryEnvironment = z.infer<z.ZodObject<typeof telemetryEnvironment>>

/** How much is followed; undefined: nothing, and where to is what OpenTelemetry's packages read from the same environment. */
export function toSampling(environment: TelemetryEnvironment): Sampling | undefined {
  const endpoint = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT
  const isOff = environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || environment.OTEL_TRACES_EXPORTER === 'none'
  if (endpoint === undefined || isOff) return undefined
  return { sampler: environment.OTEL_TRACES_SAMPLER, ratio: environment.OTEL_TRACES_SAMPLER_ARG }
}

/** Where errors are reported; undefined: nowhere. */
export function toErrorReporting(environment: TelemetryEnvironment): ErrorReporting | undefined {
  const { SENTRY_DSN: dsn, SENTRY_ENVIRONMENT: name } = environment
  return dsn === undefined ? undefined : { dsn, environment: name }
}
