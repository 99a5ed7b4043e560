/**
 * `pnpm assemble <directory>`: puts together what a server needs to run and nothing else, in a directory that may be
 * copied to a machine of the same system: `node scripts/serve.ts` starts it there, with Node 24 and no pnpm. It keeps
 * the places of the repository, since Node strips types only outside `node_modules`.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

const FILES = [
  'LICENSE',
  'pnpm-lock.yaml',
  'client/app/dist',
  'server/package.json',
  'server/src',
  'shared/package.json',
  'shared/src',
  'scripts/backup.ts',
  'scripts/move-to-postgres.ts',
  'scripts/quarantine.ts',
  'scripts/restore.ts',
  'scripts/rotate-key.ts',
  'scripts/run-script.ts',
  'scripts/serve.ts',
  'scripts/server-command.ts',
  'scripts/show-secret.ts',
  'scripts/verify.ts',
]
const NOT_OUR_FILES = /\.(?:test|fault|contract)\.ts$|\/src\/(?:testing|faults|attacks)(?:\/|$)/
/** Of packages: types, maps, the sources of what comes compiled, and that for other systems; tests, where they are large. */
const NOT_THEIR_FILES =
  /\.d\.[cm]?ts$|\.map$|\/(?:better-sqlite3\/(?:deps|src)|zod\/src|bintrees\/test|lib0\/coverage)$|\/prebuilds\/.*\.node$/
const PREBUILT = new RegExp(`/prebuilds/${process.platform}[^/]*-${process.arch}\\.node$`)

const target = resolve(process.argv[2] ?? fail('Say where to: pnpm assemble <directory>'))
if (existsSync(target) && readdirSync(target).length > 0) fail(`${target} is not empty`)

run('pnpm', 'build', '--logLevel', 'warn')
for (const file of FILES) {
  const to = join(target, file)
  mkdirSync(join(to, '..'), { recursive: true })
  cpSync(file, to, { recursive: true, filter: (source) => !NOT_OUR_FILES.test(source) })
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>
const kept = ['name', 'version', 'private', 'license', 'type', 'devDependencies']
write('package.json', JSON.stringify(Object.fromEntries(kept.map((key) => [key, manifest[key]])), undefined, 2))
copyFileSync('pnpm-workspace.yaml', join(target, 'pnpm-workspace.yaml'))
// Only the packages that are here; a lockfile that knows more of them is fine.
run('pnpm', '--dir', target, 'install', '--prod', '--frozen-lockfile', '--filter', '@sketchroom/server...')
prune(join(target, 'node_modules/.pnpm'))

const { stdout } = spawnSync('du', ['-sm', target], { encoding: 'utf8' })
process.stdout.write(`${target} is ready, ${stdout.split('\t')[0]} MB: node scripts/serve.ts starts it there.\n`)

/** Removes what is not needed at run time. Links are left as they are, so that every file is seen once. */
function prune(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (NOT_THEIR_FILES.test(path) && !PREBUILT.test(path)) rmSync(path, { recursive: true })
    else if (entry.isDirectory()) prune(path)
  }
}

function write(file: string, text: string): void {
  writeFileSync(join(target, file), `${text}\n`)
}

function run(command: string, ...args: string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) fail(`${basename(command)} ${args.join(' ')} failed`)
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
