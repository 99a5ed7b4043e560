import { answerCalls } from '../answer-calls.ts'

/** Where a room is found on a server. */
export interface RoomAddress {
  readonly port: number
  /** The path of the WebSocket. */
  readonly path: string
  /** The document's name. */
  readonly name: string
  readonly token: string
}

/** What the process of every server answers. */
export interface ProcessCalls {
  /** Microseconds of CPU that the process has used in its life, on all its threads. */
  cpuMicros(): number
}

/** What the servers of the bench's own files answer beside. */
export interface PeerCalls extends ProcessCalls {
  createRooms(count: number): Promise<RoomAddress[]>
  /** Stops serving, everything stored. */
  stop(): Promise<void>
}

/** Answers about the process itself. */
export const processCalls: ProcessCalls = {
  cpuMicros() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
}

/** Answers the bench's calls for a server that listens. */
export function servePeer(server: Pick<PeerCalls, 'createRooms' | 'stop'>): void {
  answerCalls<PeerCalls>({
    ...processCalls,
    createRooms: (count) => server.createRooms(count),
    stop: () => server.stop(),
  })
}
