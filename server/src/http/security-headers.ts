import { SYNC_PATH } from '@sketchroom/shared/api/paths'
import { socketAddress } from '@sketchroom/shared/api/server-address'
import helmet from 'helmet'
import type { Middleware } from './context.ts'

/** The address of the WebSocket as browsers reach it. */
export function syncUrl(publicUrl: URL): URL {
  return new URL(socketAddress(publicUrl) + SYNC_PATH)
}

/** The usual security headers, with a content policy that allows our own files and sockets only. */
export function securityHeaders(publicUrl: URL): Middleware {
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // WebAssembly: Excalidraw subsets fonts with it.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", syncUrl(publicUrl).origin],
        workerSrc: ["'self'", 'blob:'],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
      },
    },
    strictTransportSecurity: publicUrl.protocol === 'https:',
    // A board's address may be all that opens it, so it goes to no other site.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  })
  return async (ctx, next) => {
    await new Promise<void>((resolve, reject) => {
      setHeaders(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve()))
    })
    await next()
  }
}
