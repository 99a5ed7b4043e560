import type { Notice } from '@sketchroom/shared/protocol/notices'
import { vi } from 'vitest'
import * as Y from 'yjs'
import { RawClient } from '../testing/raw-client.ts'

/** For a server: all writers are one person, and draw on one board, as fast as the machine can. */
export const UNBOUNDED: Readonly<Record<string, string>> = {
  MAX_BOARD_ELEMENTS: '1000000',
  MAX_BOARD_STRUCTS: '5000000',
  MESSAGES_AT_ONCE: '1000000',
  MAX_SOCKETS_PER_USER: '1000',
  MAX_SOCKETS_PER_USER_IN_ROOM: '400',
}

/** Somebody who draws without end, and keeps account of what the server called durable. */
export class Writer {
  readonly doc = new Y.Doc()
  readonly name: string
  readonly written: string[] = []
  readonly acknowledged = new Set<string>()
  #client: RawClient | undefined
  #unanswered: string[][] = []
  #isAsked = false
  #drawing: NodeJS.Timeout | undefined

  constructor(name: string) {
    this.name = name
  }

  /** Joins with what the document has, like a client that comes back without a reload. */
  async connect(url: string, roomId: string, token: string): Promise<void> {
    const client = new RawClient(url, roomId, { doc: this.doc })
    this.#client = client
    this.#unanswered = []
    this.#isAsked = false
    client.onStep1 = (stateVector) => {
      this.#isAsked = true
      this.#unanswered.push([...this.written])
      client.write(Y.encodeStateAsUpdate(this.doc, stateVector), 'step2')
    }
    client.onAnswer = (answer) => {
      const covered = this.#unanswered.shift() ?? []
      if (answer === 'durable') for (const key of covered) this.acknowledged.add(key)
    }
    await client.join(token)
    await vi.waitFor(() => {
      if (client.step1Count === 0) throw new Error('not joined yet')
    }, 10_000)
  }

  /** Draws a few strokes each so often until told to stop; goes on drawing when the connection is gone. */
  draw({ everyMs = 1 } = {}): void {
    this.#drawing = setInterval(() => {
      for (let n = 0; n < 3; n++) this.#stroke()
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.#drawing)
  }

  /** Resolves once every stroke is acknowledged. */
  async settled(): Promise<void> {
    await vi.waitFor(
      () => {
        const open = this.written.length - this.acknowledged.size
        if (open > 0) throw new Error(`${this.name}: ${open} strokes are not acknowledged`)
      },
      { timeout: 20_000 },
    )
  }

  /** What the server has told on the present connection. */
  get notices(): readonly Notice[] {
    return this.#client?.notices ?? []
  }

  /** Whether the present connection is open. */
  get isConnected(): boolean {
    return this.#client?.isOpen ?? false
  }

  get closed(): Promise<{ code: number; reason: string }> {
    if (!this.#client) throw new Error('not connected')
    return this.#client.closed
  }

  disconnect(): void {
    this.#client?.terminate()
  }

  #stroke(): void {
    const key = `${this.name}-${this.written.length}`
    const before = Y.encodeStateVector(this.doc)
    this.doc.getMap('elements').set(key, new Y.Map([['type', 'freedraw']]))
    this.written.push(key)
    // Until the server has asked for all there is, nothing that is sent would be answered.
    if (!this.#isAsked) return
    this.#unanswered.push([key])
    this.#client?.write(Y.encodeStateAsUpdate(this.doc, before))
  }
}

/** The strokes in a document. */
export function strokesOf(doc: Y.Doc): Set<string> {
  const elements = [...doc.getMap<Y.Map<unknown>>('elements')]
  return new Set(elements.filter(([, element]) => element.get('type') === 'freedraw').map(([key]) => key))
}

/** The strokes of a room as somebody sees them who comes anew. */
export async function readStrokes(url: string, roomId: string, token: string): Promise<Set<string>> {
  const reader = new RawClient(url, roomId)
  await reader.join(token)
  // The server asks for what the reader has before all pieces of the drawing are there.
  await vi.waitFor(() => {
    if (reader.step2Count === 0) throw new Error('the drawing has not come yet')
  }, 10_000)
  const strokes = strokesOf(reader.doc)
  reader.terminate()
  return strokes
}
