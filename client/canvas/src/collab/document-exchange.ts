import { cutByClient } from '@sketchroom/shared/protocol/parts'
import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as Y from 'yjs'
import type { Clocks, UnsentEdits } from './edits.ts'
import type { Received, SyncClient } from './sync-client.ts'
import { takeUpdate } from './take-update.ts'

/** Transaction origin of what the server sent. */
export const FROM_SERVER = Symbol('sent by the server')

/** A message that takes two seconds on a slow line (60 KB/s), so that what else is said comes through between. */
const PIECE_BYTES = 128 * 1024
/** While the server answers one piece, the next is on its way. */
const UNANSWERED_PIECES = 2
const NOTHING = Uint8Array.of(0, 0)

/** How far an upload or a download is, in bytes. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** A message that the server answers. */
interface Write {
  readonly kind: 'update' | 'step2'
  readonly update: Uint8Array
  /** Those of one part need each other, and may need all that is in none; of other parts, they need nothing. */
  readonly part?: number | undefined
}

/** What an exchange works on, and whom it tells. */
export interface DocumentExchangeOptions {
  readonly client: Pick<SyncClient, 'send'>
  readonly doc: Y.Doc
  readonly unsent: UnsentEdits
  /** Whether the server would refuse what we have: then it is not sent. */
  readonly isViewer: () => boolean
  readonly onDurable: (durable: Clocks) => void
  /** The clients of whom something was refused: what they have drawn is sent apart from all else, and from each other. */
  readonly held: () => Iterable<number>
  /** `isTorn`: nothing of what was unsent counts as durable before all of it is taken. */
  readonly onRefused: (update: Uint8Array, isTorn: boolean) => void
  /** The server's drawing is in the document. */
  readonly onDownloaded: () => void
  /** Called when `downloaded`, `caughtUp`, `isDamaged` or a progress may have changed. */
  readonly onChange: () => void
  readonly pieceBytes?: number
}

/**
 * The document on one connection: the two sides compare what they have, send each other what is missing in pieces, and
 * then each edit as it is made.
 */
export class DocumentExchange {
  readonly #options: DocumentExchangeOptions
  readonly #pieceBytes: number
  #downloaded = false
  #caughtUp = false
  #isDamaged = false
  /** The server has said what it has: from then on, what is drawn goes out at once. */
  #compared = false
  #queue: Write[] = []
  #unanswered: Write[] = []
  /** How many writes there were, sent or waiting. */
  #writes = 0
  /**
   * By client, what the server has called durable while a deletion that belongs to it may be in a part that it has not taken:
   * it counts when all is taken, or is sent again.
   */
  #withheld: Map<number, number> | undefined
  #upload = { done: 0, total: 0 }
  #download = { done: 0, total: 0 }

  constructor(options: DocumentExchangeOptions) {
    this.#options = options
    this.#pieceBytes = options.pieceBytes ?? PIECE_BYTES
    this.compare()
  }

  /** All that the server had is in the document. */
  get downloaded(): boolean {
    return this.#downloaded
  }

  /** The server has, on this connection, made durable all that the document held at some moment. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  /** Not all that the server has sent could be read. */
  get isDamaged(): boolean {
    return this.#isDamaged
  }

  /** How far a drawing that is coming down is, once the server has said how large it is. */
  get downloading(): Progress | undefined {
    const { done, total } = this.#download
    return this.#downloaded || total <= this.#pieceBytes ? undefined : { done: Math.min(done, total), total }
  }

  /** How far it is with what goes up in pieces. */
  get uploading(): Progress | undefined {
    return this.#upload.total <= this.#pieceBytes ? undefined : { ...this.#upload }
  }

  /** Says what we have, and is told what we lack and what the server lacks. */
  compare(): void {
    const { client, doc } = this.#options
    client.send({ kind: 'step1', stateVector: Y.encodeStateVector(doc) })
  }

  /** The server has said about how large the drawing is. */
  expect(bytes: number): void {
    this.#download.total = bytes
  }

  /** Takes what the server says of the document. */
  received(message: Extract<Received, { kind: 'step1' | 'update' | 'answer' }>): void {
    const { doc, onDownloaded, onChange } = this.#options
    switch (message.kind) {
      case 'step1':
        return this.#answer(message.stateVector)
      case 'answer':
        return this.#answered(message.durable)
      case 'update':
        this.#download.done += message.update.length
        if (!takeUpdate(doc, message.update, FROM_SERVER)) this.#isDamaged = true
        if (message.isLast && !this.#downloaded) {
          this.#downloaded = true
          onDownloaded()
        }
        return onChange()
    }
  }

  /** Sends a local edit; `before` is what the document had before it. */
  send(update: Uint8Array, before: ReadonlyMap<number, number>): void {
    // Otherwise, it is a part of the answer when the server says what it has.
    if (!this.#compared || this.#options.isViewer()) return
    const isLarge = update.length > this.#pieceBytes
    if (!isLarge && this.#queue.length === 0) return this.#sendNow({ kind: 'update', update })
    const pieces = isLarge ? cutUpdate(update, Y.encodeStateVector(new Map(before)), this.#pieceBytes) : [update]
    this.#enqueue(pieces.map((piece) => ({ kind: 'update', update: piece })))
    this.#pump()
  }

  /** How many writes there are now; see `hasAnswered`. */
  get writes(): number {
    return this.#writes
  }

  /** Whether so many writes have been answered or given up. */
  hasAnswered(writes: number): boolean {
    return this.#compared && this.#writes - this.#queue.length - this.#unanswered.length >= writes
  }

  /** Sends what the server lacks. */
  #answer(stateVector: Uint8Array): void {
    this.#compared = true
    this.#dropQueue()
    this.#enqueue(this.#options.isViewer() ? [{ kind: 'step2', update: NOTHING }] : this.#lackedBy(stateVector))
    this.#pump()
    this.#options.onChange()
  }

  /** All that the server lacks, of which the last ends the comparison. */
  #lackedBy(present: Uint8Array): Write[] {
    const { doc, held, unsent } = this.#options
    const stateVector = Y.encodeStateVector(this.#provenOf(Y.decodeStateVector(present)))
    const apart = new Set(held())
    const maxBytes = this.#pieceBytes
    const { parts, isTorn } =
      apart.size > 0
        ? cutByClient(doc, apart, { stateVector, present, maxBytes })
        : { parts: [cutUpdate(Y.encodeStateAsUpdate(doc, stateVector), stateVector, maxBytes, present)], isTorn: false }
    this.#withheld = isTorn ? new Map([...unsent.clients()].map((client) => [client, 0])) : undefined
    // What comes first is needed by all, and what comes last needs all.
    const partAt = (index: number) => (index > 0 && index < parts.length - 1 ? index : undefined)
    const writes = parts.flatMap((pieces, index) =>
      pieces.map((update): Write => ({ kind: 'update', update, part: partAt(index) })),
    )
    const [only, ...more] = writes
    if (only && more.length === 0 && only.part === undefined) return [{ ...only, kind: 'step2' }]
    return [...writes, { kind: 'step2', update: NOTHING }]
  }

  /**
   * Of unsent edits that the server has, it has not said that they are durable, perhaps because a connection ended before
   * the answer: they are sent again, so that it will.
   */
  #provenOf(known: Map<number, number>): Map<number, number> {
    const { unsent } = this.#options
    for (const client of unsent.clients()) {
      const proven = Math.min(known.get(client) ?? 0, unsent.durable.get(client) ?? 0)
      if (proven > 0) known.set(client, proven)
      else known.delete(client)
    }
    return known
  }

  #answered(durable: Clocks | undefined): void {
    const write = this.#unanswered.shift()
    if (write && durable) {
      this.#upload.done += write.update.length
      if (write.kind === 'step2') this.#caughtUp = true
    }
    if (durable) this.#becameDurable(durable, write?.kind === 'step2')
    else if (write) {
      this.#dropQueue(write)
      this.#options.onRefused(write.update, this.#withheld !== undefined)
    }
    this.#pump()
    if (this.#unanswered.length === 0) this.#upload = { done: 0, total: 0 }
    this.#options.onChange()
  }

  #becameDurable(durable: Clocks, isWhole: boolean): void {
    const withheld = this.#withheld
    if (!withheld) return this.#options.onDurable(durable)
    if (isWhole) this.#withheld = undefined
    const counts = new Map(isWhole ? withheld : undefined)
    for (const [client, clock] of durable) {
      const known = withheld.get(client)
      if (known === undefined || isWhole) counts.set(client, Math.max(clock, known ?? 0))
      else withheld.set(client, Math.max(clock, known))
    }
    this.#options.onDurable(counts)
  }

  #enqueue(writes: readonly Write[]): void {
    this.#writes += writes.length
    this.#queue.push(...writes)
    this.#upload.total += sizeOf(writes)
  }

  /**
   * Drops all that waits, or what may need a write that was refused: it would be refused, too, and goes out with the next
   * comparison.
   */
  #dropQueue(refused?: Write): void {
    const needsIt = ({ part }: Write) => part === undefined || refused?.part === undefined || part === refused.part
    this.#upload.total -= sizeOf(this.#queue.filter(needsIt))
    this.#queue = this.#queue.filter((write) => !needsIt(write))
  }

  #pump(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      // Of a part that may be refused, nothing that needs it is on its way before it is taken. The end of a comparison says
      // that all was: were it answered after a refusal, an edit that is nowhere else would be called saved.
      const isCautious = next.kind === 'step2' || [next, ...this.#unanswered].some(({ part }) => part !== undefined)
      if (this.#unanswered.length >= (isCautious ? 1 : UNANSWERED_PIECES)) return
      this.#queue.shift()
      this.#send(next)
    }
  }

  #sendNow(write: Write): void {
    this.#writes += 1
    this.#upload.total += write.update.length
    this.#send(write)
  }

  #send(write: Write): void {
    this.#unanswered.push(write)
    this.#options.client.send(write)
  }
}

function sizeOf(writes: readonly Write[]): number {
  return writes.reduce((sum, { update }) => sum + update.length, 0)
}
