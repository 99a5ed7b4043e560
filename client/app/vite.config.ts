import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { excalidrawFonts } from './build/excalidraw-fonts.ts'
import { precompress } from './build/precompress.ts'
import { SERVICE_WORKER_ENTRY, serviceWorkerShell } from './build/service-worker.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The server that `pnpm dev` starts beside Vite. */
const API = 'http://127.0.0.1:3000'

export default defineConfig({
  root: here('.'),
  // One build is served below any path: scripts and styles name each other by where they lie, and the server writes the
  // path into the page, which alone is found at many addresses.
  experimental: { renderBuiltUrl: (_, { hostType }) => (hostType === 'html' ? undefined : { relative: true }) },
  plugins: [react(), excalidrawFonts(), serviceWorkerShell(here('public')), precompress()],
  // One Yjs and one React, whoever imports them: two copies break both.
  resolve: { dedupe: ['react', 'react-dom', 'yjs', 'y-protocols', 'lib0'] },
  build: {
    target: 'es2023',
    // Our policy allows no `data:` scripts, and small files come over one connection anyway.
    assetsInlineLimit: 0,
    // The page needs one script, and a chunk of 1 KB that it imports. Preloaded, that chunk is loaded twice
    // under a service worker, and Chrome warns of it at each start.
    modulePreload: { resolveDependencies: (_, files, { hostType }) => (hostType === 'html' ? [] : files) },
    reportCompressedSize: false,
    // The canvas is one large part that is loaded only for boards.
    chunkSizeWarningLimit: 2_500,
    rolldownOptions: {
      input: { app: here('index.html'), [SERVICE_WORKER_ENTRY]: here('src/sw/main.ts') },
      output: {
        // A service worker is found by its address, which must not change.
        entryFileNames: ({ name }) => (name === SERVICE_WORKER_ENTRY ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    proxy: {
      '/api': API,
      '/sync': { target: API, ws: true },
      '/yjs': { target: API, ws: true },
      '/live': API,
      '/ready': API,
      '/health': API,
    },
  },
})
