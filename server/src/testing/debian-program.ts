import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A program that tests need and that no npm package ships. */
interface Wanted {
  /** What messages and the cache call it. */
  readonly name: string
  /** What it is called where it is installed, in the order in which that is tried. */
  readonly commands: readonly string[]
  /** Has it say its version and end. */
  readonly versionFlag: string
  /** What Debian calls its parts, with the libraries that few machines have. */
  readonly packages: readonly string[]
  /** Where it is in these. */
  readonly path: string
}

/** How to run a program: the file, and what its environment needs for its libraries to be found. */
interface Found {
  readonly program: string
  readonly environment: Record<string, string>
}

/**
 * The machine's own program, or else one that is fetched from Debian once, and installed nowhere. Rejects, saying what to
 * install, when there is neither.
 */
export async function findDebianProgram(wanted: Wanted): Promise<Found> {
  const cache = fileURLToPath(new URL(`../../../node_modules/.cache/${wanted.name}`, import.meta.url))
  const libraries = join(cache, 'usr/lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu')
  const fetched = { program: join(cache, wanted.path), environment: { LD_LIBRARY_PATH: libraries } }
  const installed = wanted.commands.map((program) => ({ program, environment: {} }))
  for (const found of [...installed, fetched]) if (await runs(found, wanted.versionFlag)) return found
  try {
    await fetchPackages(wanted.packages, cache)
  } catch (cause) {
    throw new Error(`these tests need ${wanted.name}: install it so that ${wanted.commands[0]} is in the PATH`, {
      cause,
    })
  }
  return fetched
}

function runs({ program, environment }: Found, versionFlag: string): Promise<boolean> {
  return execute(program, [versionFlag], { env: { ...process.env, ...environment } }).then(
    () => true,
    () => false,
  )
}

/** Several processes may fetch at once: what one has put in place, another replaces by the same. */
async function fetchPackages(packages: readonly string[], cache: string): Promise<void> {
  const directory = `${cache}-${process.pid}`
  await mkdir(directory, { recursive: true })
  try {
    const download = () => execute('apt-get', ['download', ...packages], { cwd: directory })
    // A fresh machine does not know what there is to download.
    await download().catch(async () => {
      await execute('apt-get', ['update'])
      await download()
    })
    for (const file of await readdir(directory)) {
      if (file.endsWith('.deb')) await execute('dpkg', ['-x', file, 'root'], { cwd: directory })
    }
    await mkdir(dirname(cache), { recursive: true })
    await rm(cache, { recursive: true, force: true })
    await rename(join(directory, 'root'), cache)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
