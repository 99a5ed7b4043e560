import { setTimeout as wait } from 'node:timers/promises'
import { answerCalls } from '../remote-process.ts'

/** Where a room is found on a server. */
export interface RoomAddress {
  readonly port: number
  /** The path of the WebSocket. */
  readonly path: string
  /** The document's name. */
  readonly name: string
  readonly token: string
}

/** What a process holds after a garbage collection. */
export interface Memory {
  readonly rssBytes: number
  /** The main thread's heap, and what it keeps outside it. */
  readonly heapBytes: number
}

/** What every server of the bench answers. */
export interface PeerCalls {
  createRooms(count: number): Promise<RoomAddress[]>
  /** Microseconds of CPU that the process has used in its life, on all its threads. */
  cpuMicros(): number
  memory(): Promise<Memory>
  /** Stops serving, everything stored. */
  stop(): Promise<void>
}

/** Answers the bench's calls for a server that listens. */
export function servePeer(server: Pick<PeerCalls, 'createRooms' | 'stop'>): void {
  answerCalls<PeerCalls>({
    createRooms: (count) => server.createRooms(count),
    stop: () => server.stop(),
    cpuMicros() {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    async memory() {
      // `last-resort` gives free pages back, which resident memory is about; weak references clear between rounds.
      for (let round = 0; round < 4; round++) {
        globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
        await wait(50)
      }
      const { rss, heapUsed, external } = process.memoryUsage()
      return { rssBytes: rss, heapBytes: heapUsed + external }
    },
  })
}
