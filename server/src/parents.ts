import { readFileSync } from 'node:fs'

/** So long an orphan may hold its data directory; asking costs a few microseconds. */
const ASK_EVERY_MS = 1_000

/**
 * Calls back once when one of the processes that stand between this one and what the operator typed is gone: pnpm, npx,
 * and the shells between them. A signal that kills one of those need not reach us, and whoever starts the server again
 * would find its data directory taken. Where there is no `/proc`, only the nearest is watched.
 */
export function watchParents(onGone: () => void): void {
  const parents = findParents()
  const timer = setInterval(() => {
    if (parents.every(([child, parent]) => findParent(child) === parent)) return
    clearInterval(timer)
    onGone()
  }, ASK_EVERY_MS).unref()
}

/** Each process up to the first that no package manager has started, with its parent as it is now. */
function findParents(): Array<[child: number, parent: number]> {
  const parents: Array<[number, number]> = []
  for (let child = process.pid; startedByPackageManager(child);) {
    const parent = findParent(child)
    if (parent === undefined) break
    parents.push([child, parent])
    child = parent
  }
  return parents
}

/** npm and pnpm both tell what they start which script it is. */
function startedByPackageManager(pid: number): boolean {
  if (pid === process.pid) return process.env['npm_lifecycle_event'] !== undefined
  return /(?:^|\0)npm_lifecycle_event=/.test(readProcess(pid, 'environ') ?? '')
}

/** Whose child a process is; when its parent has gone, it is another's. Undefined when it is gone itself. */
function findParent(pid: number): number | undefined {
  if (pid === process.pid) return process.ppid
  // `pid (name) state ppid …`; the name may have anything in it.
  const parent = readProcess(pid, 'stat')?.split(') ').at(-1)?.split(' ')[1]
  return parent === undefined ? undefined : Number(parent)
}

function readProcess(pid: number, file: 'environ' | 'stat'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
