import type { Tracing } from '../ports/tracing.ts'
import { PROBES, type Answered } from './request-log.ts'

/**
 * Follows each request, once it is answered: nothing within it is followed by itself. Its trace goes on from the one that it came
 * with only where a proxy in front is believed (`TRUST_PROXY`): anybody else could have all that they do followed, at the cost
 * of whoever pays for the traces.
 */
export function traceRequests(tracing: Tracing): (answered: Answered) => void {
  return ({ method, route, status, ms, code, traceparent }) => {
    if (PROBES.has(route)) return
    const startedAt = performance.now() - ms
    const span = tracing.begin(`${method} ${route}`, { startedAt, kind: 'server', ...(traceparent && { traceparent }) })
    if (!span) return
    span.set({ 'http.request.method': method, 'http.route': route, 'http.response.status_code': status })
    if (code !== undefined) span.set({ 'sketchroom.error.code': code })
    // By OpenTelemetry's conventions, what the client did wrong is no error of the server's.
    span.end(status >= 500 ? (code ?? String(status)) : undefined)
  }
}
