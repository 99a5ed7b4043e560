import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SERVER_ENVIRONMENT, serverFlags } from '../../server-command.ts'
import { findCores } from '../cores.ts'
import { RemoteProcess } from '../remote-process.ts'
import type { PeerCalls, ProcessCalls, RoomAddress } from './peer-calls.ts'
import { createRooms, findFreePort, UNBOUNDED } from './sketchroom-rooms.ts'

/** A server that runs in a process of its own. */
export interface RunningServer {
  readonly pid: number
  createRooms(count: number): Promise<RoomAddress[]>
  /** Microseconds of CPU that the process has used in its life, on all its threads. */
  cpuMicros(): Promise<number>
  /** Stops it, everything stored, and ends its process. */
  stop(): Promise<void>
}

/** Starts one of the bench's own servers, by its file's name. */
export async function startServer(file: string, ...args: string[]): Promise<RunningServer> {
  const remote = await RemoteProcess.start<PeerCalls>(new URL(file, import.meta.url), 'servers', { args })
  return {
    pid: remote.pid,
    createRooms: (count) => remote.call('createRooms', count),
    cpuMicros: () => remote.call('cpuMicros'),
    async stop() {
      await remote.call('stop')
      await remote.end()
    },
  }
}

/**
 * Starts SketchRoom as an operator does, on a data directory; on a new one, removed when it stops, without. `more` are further
 * environment variables.
 */
export async function startSketchroom(
  given: string | undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'sketchroom-bench-')))
  const port = await findFreePort()
  const remote = await RemoteProcess.start<ProcessCalls>(new URL('./sketchroom-main.ts', import.meta.url), 'servers', {
    flags: serverFlags(findCores() ? 1 : undefined),
    environment: {
      ...SERVER_ENVIRONMENT,
      ...UNBOUNDED,
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      TRUST_PROXY: '1',
      // One guest makes all the rooms of a measurement.
      MAX_ROOMS_PER_GUEST: '100000',
      MAX_WRITES_PER_SECOND: '10000',
      ...more,
    },
  })
  while (!(await isReady(port))) {
    if (!remote.runs) throw new Error('SketchRoom ended before it was ready')
    await wait(10)
  }
  return {
    pid: remote.pid,
    createRooms: (count) => createRooms(port, count),
    cpuMicros: () => remote.call('cpuMicros'),
    async stop() {
      await remote.terminate()
      if (given === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/ready`)).ok
  } catch {
    return false
  }
}
