import { startServer, startSketchroom, type RunningServer } from './running-server.ts'

/** How a peer's clients write their frames. */
export type Dialect = 'hocuspocus' | 'yjs'

/** The servers that are measured. */
export type PeerId = 'sketchroom' | 'memory' | 'hocuspocus' | 'yWebsocket'

/** A server that is measured, and how to start it. */
export interface Peer {
  readonly id: PeerId
  readonly title: string
  readonly dialect: Dialect
  /** Whether it answers each edit. y-websocket has no such answer. */
  readonly acknowledges: boolean
  /** Starts it in a process of its own; `stored` is what it is to find: a data directory, or a file with a board. */
  start(stored?: string): Promise<RunningServer>
}

/** SketchRoom as it is run: an acknowledgement means that the edit is on the disk. */
export const sketchroom: Peer = {
  id: 'sketchroom',
  title: 'SketchRoom',
  dialect: 'hocuspocus',
  acknowledges: true,
  start: startSketchroom,
}

/** SketchRoom with the journal in memory, which shows what durability costs. */
export const sketchroomInMemory: Peer = {
  id: 'memory',
  title: 'SketchRoom, memory store',
  dialect: 'hocuspocus',
  acknowledges: true,
  start: () => startServer('./memory-store-server.ts'),
}

/** Hocuspocus with its defaults: an acknowledgement means that the edit was applied in memory. */
export const hocuspocus: Peer = {
  id: 'hocuspocus',
  title: 'Hocuspocus',
  dialect: 'hocuspocus',
  acknowledges: true,
  start: (stored = '') => startServer('./hocuspocus-server.ts', stored),
}

/** The server of y-websocket, which keeps documents in memory and acknowledges nothing. */
export const yWebsocket: Peer = {
  id: 'yWebsocket',
  title: 'y-websocket-server',
  dialect: 'yjs',
  acknowledges: false,
  start: (stored = '') => startServer('./y-websocket-server.ts', stored),
}

/** All of them, SketchRoom first. */
export const PEERS: readonly Peer[] = [sketchroom, sketchroomInMemory, hocuspocus, yWebsocket]
