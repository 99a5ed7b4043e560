import { createReadStream } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** Where the canvas looks for Excalidraw's fonts (`serveFontsFrom`). */
export const FONTS_PATH = '/excalidraw/fonts'
/** Where the fonts lie in the package, which the canvas alone depends on. */
export const FONTS_DIR = fileURLToPath(
  new URL('../../canvas/node_modules/@excalidraw/excalidraw/dist/prod/fonts', import.meta.url),
)

/** The CDN that Excalidraw names as a second source of every font. */
const FALLBACK = 'https://esm.sh/'
/**
 * Stands in a template literal, before the package's name and path: as a query they do no harm. A chunk lies in `assets`,
 * wherever that is served.
 */
const OWN_FALLBACK = `\${import.meta.url}/../..${FONTS_PATH.replace('fonts', '?')}`

/**
 * Serves Excalidraw's fonts from here, so that no other host is asked for them. Of the CDN not even the name
 * may stay: our content security policy refuses it, and the browser would report each of the 230 fonts.
 */
export function excalidrawFonts(): Plugin {
  let outDir = ''
  let isBuild = false
  let replaced = false
  return {
    name: 'sketchroom:excalidraw-fonts',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir)
      isBuild = config.command === 'build'
    },
    configureServer(server) {
      server.middlewares.use(FONTS_PATH, (request, response, next) => {
        const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
        if (!path.endsWith('.woff2') || path.includes('..')) return next()
        response.setHeader('content-type', 'font/woff2')
        createReadStream(join(FONTS_DIR, path)).on('error', next).pipe(response)
      })
    },
    transform: {
      filter: { id: /\/@excalidraw\/excalidraw\/dist\//, code: FALLBACK },
      handler(code) {
        replaced = true
        return { code: code.replaceAll(FALLBACK, OWN_FALLBACK), map: null }
      },
    },
    buildEnd(error) {
      if (isBuild && !error && !replaced)
        this.error(`Excalidraw names ${FALLBACK} no longer: see where it gets its fonts now`)
    },
    async writeBundle() {
      await cp(FONTS_DIR, join(outDir, FONTS_PATH), { recursive: true })
    },
  }
}
