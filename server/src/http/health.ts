import type { Middleware } from './context.ts'

/** How the process is, told by who starts and stops its parts. */
export interface Health {
  /** Whether requests should be sent here: started, not draining, the store at hand. */
  ready(): Promise<boolean>
  /** Each part of the server; `failing` when one is. */
  report(): Promise<Record<string, unknown> & { status: 'ok' | 'failing' }>
}

/** `/live`, `/ready` and `/health`, for whoever watches the process. */
export function createHealthRoutes(health: Health): Middleware {
  return async (ctx, next) => {
    const report = ctx.method === 'GET' || ctx.method === 'HEAD' ? await findReport(health, ctx.path) : undefined
    if (!report) return await next()
    ctx.set('Cache-Control', 'no-store')
    ctx.status = report.status === 'ok' ? 200 : 503
    ctx.body = report
  }
}

async function findReport(health: Health, path: string): Promise<{ status: 'ok' | 'failing' } | undefined> {
  switch (path) {
    case '/live':
      return { status: 'ok' }
    case '/ready':
      return { status: (await health.ready()) ? 'ok' : 'failing' }
    case '/health':
      return await health.report()
    default:
      return undefined
  }
}
