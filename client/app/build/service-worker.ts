import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin, Rolldown } from 'vite'
import { FONTS_DIR, FONTS_PATH } from './excalidraw-fonts.ts'

/** The name that `vite.config.ts` gives to the service worker's entry. */
export const SERVICE_WORKER_ENTRY = 'sw'

/** The families that Excalidraw offers for new texts. */
const FONT_FAMILIES = ['Excalifont', 'Nunito', 'ComicShanns']
/** The module whose chunk, loaded on demand, is the board. */
const CANVAS_MODULE = /\/client\/canvas\/src\/index\.ts$/

/**
 * A module of the client's own; those of packages that are loaded on demand are kept when they were used once. So is the
 * admin page, which few people see, and nobody without the server.
 */
const OWN_MODULE = /\/client\/(app\/src\/(?!admin\/)|canvas\/src\/)/

/**
 * Parts of the editor that are stored after the app has begun: Mermaid with the diagrams that it makes shapes of, and
 * what saves an image. Not the fonts' subsetting, without which an image gets whole fonts: it is as large as the board.
 */
const LATER_MODULES = [
  /\/@excalidraw\/mermaid-to-excalidraw\//,
  /\/mermaid\/dist\/.*\/(flow|sequence|class|state|er)Diagram-/,
  /\/mermaid\/dist\/.*\/dagre-/,
  /\/browser-fs-access\/.*\/file-save-/,
  /\/@excalidraw\/excalidraw\/dist\/.*\/data\/image-/,
]

type Bundle = Rolldown.OutputBundle
type Chunk = Rolldown.OutputChunk

/**
 * Writes into the service worker what belongs to the shell: the page, the entry, the board and the other parts of the
 * client that are loaded on demand, with all that they import statically, their styles, and the default fonts. And what
 * is stored when the app has begun.
 */
export function serviceWorkerShell(publicDir: string): Plugin {
  return {
    name: 'sketchroom:service-worker-shell',
    apply: 'build',
    generateBundle: {
      // After Vite has put index.html into the bundle.
      order: 'post',
      handler(_, bundle) {
        const worker = chunksOf(bundle).find(({ isEntry, name }) => isEntry && name === SERVICE_WORKER_ENTRY)
        if (!worker) return this.error('the service worker is not part of the build')
        if (worker.imports.length > 0) return this.error('the service worker must be one file')
        const board = chunksOf(bundle).find(({ facadeModuleId }) => facadeModuleId?.match(CANVAS_MODULE))
        if (!board) return this.error('the board is no chunk of its own, so it would be missing offline')
        const app = chunksOf(bundle).filter(({ isEntry, name }) => isEntry && name !== SERVICE_WORKER_ENTRY)
        // Loaded on demand, and ours: what the board needs, and what is asked for when it is closed.
        const parts = chunksOf(bundle).filter(
          ({ isDynamicEntry, facadeModuleId }) => isDynamicEntry && facadeModuleId?.match(OWN_MODULE),
        )
        const files = shellFiles([...app, ...parts], bundle, publicDir)
        const extras = LATER_MODULES.flatMap((pattern) => {
          const chunks = chunksOf(bundle).filter(({ facadeModuleId }) => facadeModuleId?.match(pattern))
          return chunks.length > 0 ? chunks : this.error(`no part of the editor matches ${pattern} any more`)
        })
        const later = chunkFiles(extras, bundle).filter((file) => !files.includes(file))
        const shell = JSON.stringify({ version: versionOf([...files, ...later], bundle, publicDir), files, later })
        const code = worker.code.replace(/(["'`])%SHELL%\1/, () => JSON.stringify(shell))
        if (code === worker.code) return this.error('the service worker has lost the place for its list')
        worker.code = code
      },
    },
  }
}

function shellFiles(roots: readonly Chunk[], bundle: Bundle, publicDir: string): string[] {
  const fonts = FONT_FAMILIES.flatMap((family) =>
    readdirSync(join(FONTS_DIR, family)).map((file) => `${FONTS_PATH}/${family}/${file}`),
  )
  const fixed = readdirSync(publicDir).map((file) => `/${file}`)
  return ['/', ...chunkFiles(roots, bundle), ...fonts, ...fixed]
}

function chunkFiles(roots: readonly Chunk[], bundle: Bundle): string[] {
  const files = new Set<string>()
  for (const root of roots) addWithImports(root, bundle, files)
  return [...files].map((file) => `/${file}`)
}

function addWithImports(chunk: Chunk, bundle: Bundle, files: Set<string>): void {
  if (files.has(chunk.fileName)) return
  files.add(chunk.fileName)
  for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(style)
  // The interface's font among them: it is named in Excalidraw's styles.
  for (const asset of chunk.viteMetadata?.importedAssets ?? []) files.add(asset)
  for (const name of chunk.imports) {
    const imported = bundle[name]
    if (imported?.type === 'chunk') addWithImports(imported, bundle, files)
  }
}

/** Hashed names tell by themselves when they change; the page and the fixed files are hashed here. */
function versionOf(files: readonly string[], bundle: Bundle, publicDir: string): string {
  const hash = createHash('sha256').update(files.join('\n'))
  const page = bundle['index.html']
  if (page?.type === 'asset') hash.update(page.source)
  for (const file of readdirSync(publicDir)) hash.update(readFileSync(join(publicDir, file)))
  return hash.digest('hex').slice(0, 12)
}

function chunksOf(bundle: Bundle): Chunk[] {
  return Object.values(bundle).filter((output) => output.type === 'chunk')
}
