import { withoutPublicPath } from '../public-path.ts'
import type { Middleware } from './context.ts'

/** Lets all that comes after know paths without the public one, and sends who forgot the slash behind that to the first page. */
export function belowPublicPath(publicPath: string): Middleware {
  return async (ctx, next) => {
    // The page's worker, which keeps it for offline, is in charge of what is below the slash.
    if (publicPath !== '' && ctx.path === publicPath) return ctx.redirect(`${publicPath}/${ctx.search}`)
    ctx.path = withoutPublicPath(ctx.path, publicPath)
    await next()
  }
}
