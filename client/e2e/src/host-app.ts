import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CLIENT = fileURLToPath(new URL('../..', import.meta.url))
const VITE = join(CLIENT, 'app/node_modules/vite/bin/vite.js')
/** What somebody who embeds the canvas has installed, and where it is here. */
const INSTALLED = {
  '@sketchroom/canvas': join(CLIENT, 'canvas'),
  react: join(CLIENT, 'app/node_modules/react'),
  'react-dom': join(CLIENT, 'app/node_modules/react-dom'),
}
const INDEX = '<!doctype html><div id="root" style="height: 100vh"></div><script type="module" src="main.tsx"></script>'
const MAIN = `
import { createRoot } from 'react-dom/client'
import { Board } from './Board.tsx'

const roomId = new URLSearchParams(location.search).get('room')
createRoot(document.getElementById('root')).render(<Board roomId={roomId} />)
`
const CONFIG = `export default { resolve: { dedupe: ['react', 'react-dom', 'yjs'] } }`
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Somebody else's app, on an origin of its own, that has a board in it. */
export class HostApp {
  readonly origin: string
  readonly #server: Server
  readonly #folder: string

  private constructor(server: Server, folder: string) {
    this.#server = server
    this.#folder = folder
    this.origin = `http://localhost:${(server.address() as AddressInfo).port}`
  }

  /** Builds an app around the source of a `Board` component, and serves it with a `/board-token` for its one board. */
  static async open(board: string, getToken: () => Promise<string>): Promise<HostApp> {
    const folder = await mkdtemp(join(tmpdir(), 'sketchroom-host-'))
    await mkdir(join(folder, 'node_modules/@sketchroom'), { recursive: true })
    for (const [name, path] of Object.entries(INSTALLED)) await symlink(path, join(folder, 'node_modules', name))
    const files = { 'index.html': INDEX, 'main.tsx': MAIN, 'Board.tsx': board, 'vite.config.mjs': CONFIG }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const env = { ...process.env, NODE_ENV: 'production' }
    const args = [VITE, 'build', '--logLevel', 'error']
    const { status } = spawnSync(process.execPath, args, { cwd: folder, env, stdio: 'inherit' })
    if (status !== 0) throw new Error('the app that embeds the canvas could not be built')

    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', host.origin)
      const answer =
        url.pathname === '/board-token'
          ? getToken()
          : readFile(join(folder, 'dist', url.pathname === '/' ? 'index.html' : url.pathname))
      response.setHeader('content-type', TYPES[extname(url.pathname) || '.html'] ?? 'application/octet-stream')
      answer.then(
        (body) => response.end(body),
        () => response.writeHead(404).end(),
      )
    })
    await once(server.listen(0, 'localhost'), 'listening')
    const host = new HostApp(server, folder)
    return host
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
