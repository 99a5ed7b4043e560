import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = dirname(import.meta.dirname)
/** Whoever starts a server, or looks into what it stores, does it through this module. */
const SERVER_DATA = 'server/src/testing/server-data.ts'

/** The test files among these patterns that start a server, found by what they import; paths from the repository. */
export function findServerTests(patterns: readonly string[]): string[] {
  const known = new Map<string, string[]>()
  const importsOf = (file: string) => {
    const imports = known.get(file) ?? readImports(file)
    known.set(file, imports)
    return imports
  }
  const leadsToServer = (test: string) => {
    const reached = new Set([test])
    for (const file of reached) for (const imported of importsOf(file)) reached.add(imported)
    return reached.has(SERVER_DATA)
  }
  const exclude = (name: string) => name === 'node_modules' || name === 'dist'
  return globSync([...patterns], { cwd: ROOT, exclude })
    .filter(leadsToServer)
    .toSorted()
}

/** The files that a file imports by their path, except for types alone. */
function readImports(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8')
  const lines = source.matchAll(/^(?!import type ).*\bfrom '(\.[^']+\.tsx?)'/gm)
  const paths = [...lines].map(([, specifier]) => join(dirname(file), specifier ?? ''))
  // What looks like an import may stand in a string.
  return paths.filter((path) => existsSync(join(ROOT, path)))
}
