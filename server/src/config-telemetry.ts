import { z } from 'zod'
import type { Sampling } from './adapters/opentelemetry/sampling.ts'

const endpointSchema = z.url({
  protocol: /^https?$/,
  error: 'must be an http or https URL, such as http://collector.example.org:4318',
})
const protocolSchema = z.literal('http/protobuf', 'must be http/protobuf: traces are sent in no other way')

/** The environment variables that say whether and how traces are made; of OpenTelemetry's, those that decide something here. */
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
}

type TelemetryEnvironment = z.infer<z.ZodObject<typeof telemetryEnvironment>>

/** How much is followed; undefined: nothing, and where to is what OpenTelemetry's packages read from the same environment. */
export function toSampling(environment: TelemetryEnvironment): Sampling | undefined {
  const endpoint = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT
  const isOff = environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || environment.OTEL_TRACES_EXPORTER === 'none'
  if (endpoint === undefined || isOff) return undefined
  return { sampler: environment.OTEL_TRACES_SAMPLER, ratio: environment.OTEL_TRACES_SAMPLER_ARG }
}
