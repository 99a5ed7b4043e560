/**
 * Finds what no test would miss: changes the sources in one place at a time, in a copy of the tree, and runs the tests
 * that concern the file, until one fails. Run by hand; docs/mutation.md says how, and what was found.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { parseAst } from 'vitest/node'

/** Where the tests of a file are, beside its folder. The first entry that a path begins with decides. */
const TESTS_OF: ReadonlyArray<[folder: string, tests: readonly string[]]> = [
  ['server/src/sync/', ['server/src/sync/*.test.ts']],
  [
    'server/src/core/documents/',
    [
      'server/src/core/documents/*.test.ts',
      'server/src/core/housekeeping.test.ts',
      // Through the others of `sync` documents only pass.
      'server/src/sync/{big-board,dropped-room,refused-writes,room-host,sync-protocol}.test.ts',
    ],
  ],
  [
    'server/src/core/rooms/',
    [
      'server/src/core/rooms/*.test.ts',
      'server/src/http/{app,permissions}.test.ts',
      'server/src/sync/{live-access,removed,room-host,sync-protocol,token-expiry,who-is-in}.test.ts',
    ],
  ],
  ['shared/src/scene/', ['shared/src/scene/*.test.ts', 'client/canvas/src/binding/*.test.ts']],
  ['client/canvas/src/binding/', ['client/canvas/src/binding/*.test.ts']],
  [
    'shared/src/protocol/',
    ['shared/src/protocol/*.test.ts', 'client/canvas/src/collab/{document-exchange,room-session}.test.ts'],
  ],
  ['client/canvas/src/', ['client/canvas/src/**/*.test.ts']],
  ['', ['server/src/core/**/*.test.ts', 'server/src/http/*.test.ts']],
]
const DEFAULT_FILES = [
  'server/src/sync/*.ts',
  'server/src/core/**/*.ts',
  'shared/src/scene/*.ts',
  'client/canvas/src/{binding,collab,device}/*.ts',
]

/** A mutant that takes longer for one batch of tests turns in a circle. */
const HANGS_AFTER_MS = 120_000

const OPPOSITES: Readonly<Record<string, string>> = {
  '&&': '||',
  '||': '&&',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
}

interface Mutant {
  readonly path: string
  readonly line: number
  /** What was done, and what was deleted or how the line reads now. */
  readonly kind: string
  readonly shown: string
  readonly source: string
}

/** A node of the syntax tree, as ESTree has it. */
type Node = { readonly type: string; readonly start: number; readonly end: number } & {
  readonly [key: string]: unknown
}

function mutantsOf(path: string): Mutant[] {
  const source = readFileSync(path, 'utf8')
  const mutants: Mutant[] = []
  const text = ({ start, end }: Pick<Node, 'start' | 'end'>) => source.slice(start, end)
  const replace = (kind: string, at: Pick<Node, 'start' | 'end'>, by: string) => {
    const line = source.slice(0, at.start).split('\n').length
    const changed = source.slice(0, at.start) + by + source.slice(at.end)
    const shown = (by === ';' ? text(at) : (changed.split('\n')[line - 1] ?? '')).replace(/\s+/g, ' ').trim()
    mutants.push({ path, line, kind, shown: shown.slice(0, 120), source: changed })
  }
  const swapOperator = ({ left, operator }: Node) => {
    const opposite = OPPOSITES[operator as string]
    const start = source.indexOf(operator as string, (left as Node).end)
    if (opposite) replace('operator', { start, end: start + (operator as string).length }, opposite)
  }
  const negate = (test: Node) => {
    // Of an equality, the changed operator is the same.
    if (!/^[!=]==$/.test(String(test['operator']))) replace('negated', test, `!(${text(test)})`)
  }
  const rules: Record<string, (node: Node) => void> = {
    ExpressionStatement(node) {
      // Logging is not promised to anybody, and a field that is never set is the type checker's to find.
      if (!/^([\w.#]*\blog\.|this\.#?\w+ = parts\b)/.test(text(node))) replace('deleted', node, ';')
    },
    IfStatement(node) {
      negate(node['test'] as Node)
      if (!node['alternate'] && leaves(node['consequent'] as Node)) replace('early exit dropped', node, ';')
    },
    ThrowStatement: (node) => replace('deleted', node, ';'),
    ConditionalExpression: ({ test }) => negate(test as Node),
    LogicalExpression: swapOperator,
    BinaryExpression: swapOperator,
    AwaitExpression: (node) => replace('not awaited', node, text(node['argument'] as Node)),
    VariableDeclarator({ id, init }) {
      if (/^[A-Z][A-Z0-9_]+$/.test(text(id as Node)) && init && /^[\d_ *]+$/.test(text(init as Node))) {
        replace('× 10', init as Node, `(${text(init as Node)}) * 10`)
      }
    },
    Property({ value }) {
      if (/^[1-9][\d_]*$/.test(text(value as Node))) replace('× 10', value as Node, `${text(value as Node)} * 10`)
    },
  }
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk)
    if (typeof node !== 'object' || node === null || !('type' in node)) return
    rules[node.type as string]?.(node as Node)
    Object.values(node).forEach(walk)
  }
  walk(parseAst(source, { lang: 'ts' }))
  return mutants
}

function leaves(statement: Node): boolean {
  if (statement.type !== 'BlockStatement') return /^(Return|Continue|Break)Statement$/.test(statement.type)
  const last = (statement['body'] as Node[]).at(-1)
  return last !== undefined && leaves(last)
}

/** The same for the same seed (mulberry32). */
function sample<T>(all: readonly T[], size: number, seed: number): T[] {
  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const keyed = all.map((value) => ({ value, key: random() })).sort((a, b) => a.key - b.key)
  return keyed.slice(0, size).map(({ value }) => value)
}

/**
 * A copy of what Git knows and of what is new; packages are not copied. The links of each workspace are, as they stand:
 * they lead to the copy of another workspace, where a mutant may be, and by the root's to the packages.
 */
function copyTree(): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'mutants-')))
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).split('\n')
  for (const path of listed) {
    if (path === '' || !existsSync(path)) continue
    cpSync(path, join(copy, path))
    const modules = join(dirname(path), 'node_modules')
    if (basename(path) !== 'package.json' || !existsSync(modules)) continue
    if (dirname(path) === '.') symlinkSync(join(process.cwd(), modules), join(copy, modules))
    else cpSync(modules, join(copy, modules), { recursive: true, verbatimSymlinks: true })
  }
  return copy
}

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly title: string }>
  }>
}

/** How tests came to fail: the first that did, unless nothing ran or it took too long. */
interface Failure {
  readonly test?: string
  readonly reason: string
}

async function firstFailure(copy: string, tests: readonly string[]): Promise<Failure | undefined> {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const args = ['run', '--project', 'unit', '--bail=1', '--maxWorkers=1', '--reporter=json', `--outputFile=${report}`]
  const vitest = join(process.cwd(), 'node_modules/vitest/vitest.mjs')
  // Of random tests, a few runs that are always the same.
  const env = { ...process.env, TEST_PATIENCE_MS: '6000', SEED: '1', RUNS: '5' }
  const child = spawn(process.execPath, [vitest, ...args, ...tests], {
    cwd: copy,
    env,
    stdio: 'ignore',
    detached: true,
  })
  const timer = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), HANGS_AFTER_MS)
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearTimeout(timer)
  if (code === 0) return undefined
  if (code === null || !existsSync(report)) return { reason: code === null ? 'it never ends' : 'nothing runs' }
  for (const { name, assertionResults } of (JSON.parse(readFileSync(report, 'utf8')) as Report).testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed) return { test: relative(copy, name), reason: `${basename(name)}: ${failed.title}` }
  }
  return { reason: 'an error beside the tests' }
}

/** Runs the tests of changed files, those first that are the likeliest to fail. */
class Testing {
  readonly #copy: string
  readonly #killsOf = new Map<string, number>()
  /** Whether a test that failed passes when nothing is changed. */
  readonly #isSound = new Map<string, boolean>()

  constructor(copy: string) {
    this.#copy = copy
  }

  /** How the first of a file's tests fails once it is changed, and does not when that is undone. */
  async findFailure(path: string, { change, undo }: { change(): void; undo(): void }): Promise<Failure | undefined> {
    for (;;) {
      change()
      const failure = await this.#inBatches(path)
      // On a busy machine a test may fail by chance, and alone it does not.
      const again = failure?.test === undefined ? failure : await firstFailure(this.#copy, [failure.test])
      undo()
      if (failure?.test === undefined) return failure
      if (!this.#isSound.has(failure.test)) {
        const unchanged = await firstFailure(this.#copy, [failure.test])
        if (unchanged) console.log(`left out, for it fails without any change: ${unchanged.reason}`)
        this.#isSound.set(failure.test, !unchanged)
      }
      if (!again || this.#isSound.get(failure.test) === false) continue
      this.#killsOf.set(failure.test, (this.#killsOf.get(failure.test) ?? 0) + 1)
      return failure
    }
  }

  async #inBatches(path: string): Promise<Failure | undefined> {
    const patterns = values.tests ?? TESTS_OF.find(([folder]) => path.startsWith(folder))?.[1] ?? []
    const tests = globSync([...patterns]).filter((test) => this.#isSound.get(test) !== false)
    const ownName = basename(path).replace(/(-worker)?\.ts$/, '.test.ts')
    const rank = (test: string) => (basename(test) === ownName ? Infinity : (this.#killsOf.get(test) ?? 0))
    const likely = tests
      .filter((test) => rank(test) > 0)
      .sort((a, b) => rank(b) - rank(a))
      .slice(0, 4)
    const rest = tests.filter((test) => !likely.includes(test))
    for (const batch of [...likely.map((test) => [test]), rest]) {
      const failure = await firstFailure(this.#copy, batch)
      if (failure) return failure
    }
    return undefined
  }
}

const { values } = parseArgs({
  options: {
    files: { type: 'string', multiple: true, default: DEFAULT_FILES },
    at: { type: 'string', multiple: true },
    tests: { type: 'string', multiple: true },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
  },
})
const paths = globSync(values.files)
  .filter((path) => !path.endsWith('.test.ts'))
  .sort()
const all = paths
  .flatMap(mutantsOf)
  .filter(({ path, line }) => values.at?.includes(`${basename(path)}:${line}`) ?? true)
const mutants = values.sample === undefined ? all : sample(all, Number(values.sample), Number(values.seed))
console.log(`${mutants.length} of ${all.length} mutants of ${paths.length} files, seed ${values.seed}`)
if (values.list) for (const { path, line, kind, shown } of mutants) console.log(`${path}:${line} ${kind}: ${shown}`)
else await run()

async function run(): Promise<void> {
  const copy = copyTree()
  const testing = new Testing(copy)
  let isStopped = false
  process.once('SIGINT', () => (isStopped = true))
  const counts = { killed: 0, survived: 0 }
  for (const { path, line, kind, shown, source } of mutants) {
    if (isStopped) break
    const target = join(copy, path)
    const original = readFileSync(target)
    const failure = await testing.findFailure(path, {
      change: () => writeFileSync(target, source),
      undo: () => writeFileSync(target, original),
    })
    counts[failure ? 'killed' : 'survived'] += 1
    console.log(
      `${failure ? 'killed' : 'SURVIVED'} ${path}:${line} ${kind}: ${shown}${failure ? ` ← ${failure.reason}` : ''}`,
    )
  }
  rmSync(copy, { recursive: true, force: true })
  console.log(`${counts.killed} killed, ${counts.survived} survived`)
}
