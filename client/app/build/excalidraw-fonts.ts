import { createReadStream } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** Where the canvas looks for Excalidraw's fonts (`EXCALIDRAW_ASSET_PATH`). */
export const FONTS_PATH = '/excalidraw/fonts'
/** Where the fonts lie in the package, which the canvas alone depends on. */
export const FONTS_DIR = fileURLToPath(
  new URL('../../canvas/node_modules/@excalidraw/excalidraw/dist/prod/fonts', import.meta.url),
)

/** Serves Excalidraw's fonts from here, so that no other host is asked for them. */
export function excalidrawFonts(): Plugin {
  let outDir = ''
  return {
    name: 'sketchroom:excalidraw-fonts',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir)
    },
    configureServer(server) {
      server.middlewares.use(FONTS_PATH, (request, response, next) => {
        const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
        if (!path.endsWith('.woff2') || path.includes('..')) return next()
        response.setHeader('content-type', 'font/woff2')
        createReadStream(join(FONTS_DIR, path)).on('error', next).pipe(response)
      })
    },
    async writeBundle() {
      await cp(FONTS_DIR, join(outDir, FONTS_PATH), { recursive: true })
    },
  }
}
