import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What Debian calls the parts of a Redis. */
const PACKAGES = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/redis', import.meta.url))

/** How to run Redis: the program, and what its environment needs for its libraries to be found. */
export interface RedisBinary {
  readonly program: string
  readonly environment: Record<string, string>
}

let found: Promise<RedisBinary> | undefined

/** The machine's Redis, or else one that is fetched from Debian once, and installed nowhere: no npm package ships one. */
export function findRedis(): Promise<RedisBinary> {
  found ??= findInstalled().then((installed) => installed ?? findFetched())
  return found
}

async function findInstalled(): Promise<RedisBinary | undefined> {
  try {
    await execute('redis-server', ['--version'])
    return { program: 'redis-server', environment: {} }
  } catch {
    return undefined
  }
}

async function findFetched(): Promise<RedisBinary> {
  const libraries = join(CACHE, 'usr/lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu')
  const binary = {
    program: join(CACHE, 'usr/bin/redis-check-rdb'),
    environment: { LD_LIBRARY_PATH: libraries },
  }
  const runs = () =>
    execute(binary.program, ['--version'], { env: binary.environment }).then(
      () => true,
      () => false,
    )
  if (await runs()) return binary
  try {
    await fetchPackages()
  } catch (cause) {
    throw new Error('these tests need Redis: install it so that redis-server is in the PATH', { cause })
  }
  return binary
}

/** Several processes may fetch at once: what one has put in place, another replaces by the same. */
async function fetchPackages(): Promise<void> {
  const directory = `${CACHE}-${process.pid}`
  await mkdir(directory, { recursive: true })
  try {
    const download = () => execute('apt-get', ['download', ...PACKAGES], { cwd: directory })
    // A fresh machine does not know what there is to download.
    await download().catch(async () => {
      await execute('apt-get', ['update'])
      await download()
    })
    for (const file of await readdir(directory)) {
      if (file.endsWith('.deb')) await execute('dpkg', ['-x', file, 'root'], { cwd: directory })
    }
    await mkdir(dirname(CACHE), { recursive: true })
    await rm(CACHE, { recursive: true, force: true })
    await rename(join(directory, 'root'), CACHE)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
