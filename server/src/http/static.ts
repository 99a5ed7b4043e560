import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HttpError } from 'koa'
import send from 'koa-send'
import { SketchRoomError } from '../errors.ts'
import type { Context, Middleware } from './context.ts'

/** The pages of the app; it finds its way by itself from the one file. Other addresses get the file as a 404. */
const PAGES = [/^\/$/, /^\/r\/[^/]+$/, /^\/signin$/, /^\/signup$/, /^\/admin(\/[a-z]+)?$/]

/** The canvas asks for its fonts here from whatever page it is in. They are public, so every page may have them. */
const FONTS = '/excalidraw/fonts/'

const INDEX = '/index.html'

/**
 * Serves the built client: its files, and `index.html` for its pages, with the public path in it. Files named by their
 * content never change.
 */
export function serveClient(clientDir: string, publicPath: string): Middleware {
  return async (ctx) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.set('Allow', 'GET, HEAD')
      throw new SketchRoomError('method_not_allowed', 'Pages can only be read.')
    }
    const isAsset = ctx.path.startsWith('/assets/')
    const isIndex = ctx.path === INDEX
    const cacheControl = isAsset ? 'public, max-age=31536000, immutable' : 'no-cache'
    if (!isIndex && (await sendFile(ctx, clientDir, ctx.path, cacheControl))) return
    const isPage = isIndex || (!isAsset && ctx.accepts('html') !== false)
    if (!isPage || !(await sendIndex(ctx, clientDir, publicPath))) {
      throw new SketchRoomError('not_found', 'There is nothing here.')
    }
    if (!isIndex && !PAGES.some((page) => page.test(ctx.path))) ctx.status = 404
  }
}

/** Sends the one page, whose files lie below the public path; resolves false when there is no client. */
async function sendIndex(ctx: Context, root: string, publicPath: string): Promise<boolean> {
  if (publicPath === '') return await sendFile(ctx, root, INDEX, 'no-cache')
  // Read each time, since the client may be built anew meanwhile; it is small.
  const page = await readFile(join(root, INDEX), 'utf8').catch(() => undefined)
  if (page === undefined) return false
  ctx.set('Cache-Control', 'no-cache')
  ctx.type = 'html'
  const body = page.replaceAll(/(src|href)="\/(?!\/)/g, `$1="${publicPath}/`)
  ctx.body = body
  // Weak, because it is compressed on the way.
  ctx.etag = `W/"${createHash('sha256').update(body).digest('base64url')}"`
  if (ctx.fresh) ctx.status = 304
  return true
}

/** Sends a file, compressed if it lies there compressed; resolves false when there is none that may be sent. */
async function sendFile(ctx: Context, root: string, path: string, cacheControl: string): Promise<boolean> {
  try {
    const sent = await send(ctx, path, {
      root,
      setHeaders: (res) => {
        res.setHeader('Cache-Control', cacheControl)
        if (!path.startsWith(FONTS)) return
        res.setHeader('Access-Control-Allow-Origin', '*')
        res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
      },
    })
    // Directories and dotfiles are passed over without a word.
    if (sent === undefined) return false
    if (ctx.fresh) ctx.status = 304
    return true
  } catch (error) {
    // Not there (404), or outside of the folder or not decodable (400, 403).
    if (error instanceof HttpError && error.status < 500) return false
    throw error
  }
}
