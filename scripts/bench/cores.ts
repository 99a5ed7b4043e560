import { spawnSync } from 'node:child_process'

/** Who a process plays: a server that is measured, or the clients. */
export type Side = 'servers' | 'clients'

/** The two processors that servers and clients are kept on, so that neither takes the other's time. */
export interface Cores {
  readonly servers: number
  readonly clients: number
}

/** Two processors of those that this process may use; undefined with fewer than two, or without `taskset`. */
export function findCores(): Cores | undefined {
  const asked = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  const allowed = asked.status === 0 ? parseCpuList(asked.stdout.slice(asked.stdout.lastIndexOf(':') + 1)) : []
  const [clients, servers] = [allowed[0], allowed[1]]
  return clients === undefined || servers === undefined ? undefined : { clients, servers }
}

/** Processors as `taskset` lists them: `0,2-3` are 0, 2 and 3. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.trim().split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, n) => first + n)
  })
}
