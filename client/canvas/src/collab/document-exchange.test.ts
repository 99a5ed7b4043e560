import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { STORED } from '../device/room-rows.ts'
import { DocumentExchange } from './document-exchange.ts'
import { type Edit, UnsentEdits } from './edits.ts'
import { type LocalEdit, watchLocalEdits } from './local-edits.ts'
import { StrandedWatch } from './stranded-watch.ts'
import type { Received, Sent } from './sync-client.ts'

const PIECE_BYTES = 200

/** A server that keeps its word: what it acknowledges is committed, in the order in which it came. */
class ModelServer {
  doc = new Y.Doc()
  committed = new Y.Doc()
  readonly toClient: Received[] = []
  readonly answers: Array<{ commit: Uint8Array | undefined; answer: Received }> = []
  largest = 0
  isRefusing = false
  /** A client of whom it takes nothing, ever. */
  refused: number | undefined

  take(message: Sent): void {
    if (message.kind === 'step1') {
      const update = Y.encodeStateAsUpdate(this.doc, message.stateVector)
      this.toClient.push({ kind: 'update', update, isLast: true })
      return this.askAgain()
    }
    if (message.kind !== 'update' && message.kind !== 'step2') return
    const { update } = message
    if (Y.decodeUpdate(update).structs.length > 1) this.largest = Math.max(this.largest, update.length)
    const isRefused = this.isRefusing || Y.parseUpdateMeta(update).from.has(this.refused ?? -1)
    const isSound = !isRefused && this.#fits(update)
    if (!isSound) this.answers.push({ commit: undefined, answer: { kind: 'answer', durable: undefined } })
    else {
      Y.applyUpdate(this.doc, update)
      const clients = new Set(Y.decodeUpdate(update).structs.map(({ id }) => id.client))
      const durable = new Map([...clients].map((client) => [client, Y.getState(this.doc.store, client)]))
      this.answers.push({ commit: Y.encodeStateAsUpdate(this.doc), answer: { kind: 'answer', durable } })
    }
    if (!isSound && !isRefused) this.askAgain()
  }

  askAgain(): void {
    this.toClient.push({ kind: 'step1', stateVector: Y.encodeStateVector(this.doc) })
  }

  /** Commits the oldest write that is not, and says so. */
  answer(): void {
    const next = this.answers.shift()
    if (!next) return
    if (next.commit) Y.applyUpdate(this.committed, next.commit)
    this.toClient.push(next.answer)
  }

  /** Killed: what was not committed is gone. */
  restart(): void {
    this.doc = copyOf(this.committed)
    this.drop()
  }

  drop(): void {
    this.toClient.length = 0
    this.answers.length = 0
  }

  #fits(update: Uint8Array): boolean {
    const trial = copyOf(this.doc)
    Y.applyUpdate(trial, update)
    return trial.store.pendingStructs === null && trial.store.pendingDs === null
  }
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return copy
}

/** A tab that stores all that it has, against a server. */
class ModelTab {
  readonly server = new ModelServer()
  readonly made: LocalEdit[] = []
  doc = new Y.Doc()
  unsent = new UnsentEdits()
  exchange: DocumentExchange | undefined
  /** The clients of whom something seems to have been refused for good. */
  held: readonly number[] = []
  /** Whether that may be. Then keys are overwritten, as they are in a drawing, and not deleted. */
  mayHold = false
  readonly toServer: Sent[] = []
  readonly #rows: Uint8Array[] = []
  readonly #watch = new StrandedWatch()
  #stop = () => {}

  constructor() {
    this.#start()
  }

  #start(): void {
    this.#stop = watchLocalEdits(this.doc, {
      onEdit: (edit) => {
        this.made.push(edit)
        this.#rows.push(edit.update)
        for (const name of edit.names) this.unsent.add(name)
        this.exchange?.send(edit.update, edit.before)
      },
      onRemote: (update) => this.#rows.push(update),
    })
  }

  connect(): void {
    this.drop()
    this.exchange = new DocumentExchange({
      client: { send: (message) => void this.toServer.push(message) },
      doc: this.doc,
      unsent: this.unsent,
      isViewer: () => false,
      held: () => this.held,
      onDurable: (durable) => this.unsent.becameDurable(durable),
      onRefused: () => {},
      onDownloaded: () => {},
      onChange: () => {},
      pieceBytes: PIECE_BYTES,
    })
  }

  /** Connects and hears what the server has, so that what it lacks begins to go up. */
  beginUpload(): void {
    this.connect()
    this.step()
    this.hear()
    this.hear()
  }

  drop(): void {
    this.exchange = undefined
    this.toServer.length = 0
    this.server.drop()
    this.#watch.check(this.unsent, undefined)
  }

  /** The page is loaded anew: what it had stored comes back, with the names of what is unsent. */
  reload(): void {
    this.drop()
    this.#stop()
    const names: Edit[] = [...this.unsent]
    const { durable } = this.unsent
    this.doc = new Y.Doc()
    for (const row of this.#rows) Y.applyUpdate(this.doc, row, STORED)
    this.unsent = new UnsentEdits()
    this.unsent.becameDurable(durable)
    for (const name of names) this.unsent.add(name)
    this.#start()
  }

  checkStranded(): void {
    if (this.#watch.check(this.unsent, this.exchange)) this.exchange?.compare()
  }

  step(): void {
    const message = this.toServer.shift()
    if (message) this.server.take(message)
  }

  hear(): void {
    const message = this.server.toClient.shift()
    if (message?.kind === 'step1' || message?.kind === 'update' || message?.kind === 'answer') {
      this.exchange?.received(message)
    }
  }

  /** Lets everything come through. */
  settle(): void {
    while (this.toServer.length + this.server.answers.length + this.server.toClient.length > 0) {
      this.step()
      this.server.answer()
      this.hear()
    }
  }

  /** The edits that count as durable. */
  durable(): LocalEdit[] {
    return this.made.filter(({ names }) => names.every((name) => !this.unsent.has(name)))
  }
}

/** Whether a document has all of an update. What it deletes, the document has not, or has as deleted. */
function hasAll(doc: Y.Doc, update: Uint8Array): boolean {
  const known = Y.snapshot(doc)
  const { structs, ds } = Y.decodeUpdate(update)
  const hasStructs = structs.every(({ id, length }) => id.clock + length <= (known.sv.get(id.client) ?? 0))
  const deleted = [...ds.clients].flatMap(([client, ranges]) =>
    ranges.flatMap(({ clock, len }) => Array.from({ length: len }, (_, at) => Y.createID(client, clock + at))),
  )
  return hasStructs && deleted.every((id) => id.clock >= (known.sv.get(id.client) ?? 0) || Y.isDeleted(known.ds, id))
}

const edits = {
  set: ({ doc }: ModelTab, n: number) => void doc.getMap('elements').set(`e${n % 5}`, new Y.Map([['xy', [n, n]]])),
  write: ({ doc }: ModelTab, n: number) => doc.getText('words').insert(0, `word ${n} `),
  erase: ({ doc }: ModelTab, n: number) => doc.getText('words').delete(0, Math.min(n % 9, doc.getText('words').length)),
  delete: ({ doc, mayHold }: ModelTab, n: number) =>
    mayHold ? void doc.getMap('elements').set(`e${n % 5}`, 'deleted') : doc.getMap('elements').delete(`e${n % 5}`),
  paste: ({ doc }: ModelTab, n: number) =>
    doc.transact(() => {
      for (let index = 0; index < 20; index++) doc.getMap('elements').set(`p${n}-${index}`, new Y.Map([['xy', [n]]]))
    }),
  import: ({ doc }: ModelTab, n: number) => {
    const other = new Y.Doc()
    for (let index = 0; index < 10; index++) other.getMap('elements').set(`i${n}-${index}`, 'of somebody else')
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'a copy')
  },
}

const events = {
  send: (tab: ModelTab) => tab.step(),
  commit: (tab: ModelTab) => tab.server.answer(),
  hear: (tab: ModelTab) => tab.hear(),
  /** Something comes through, there and back. */
  flow: (tab: ModelTab) => {
    for (let turn = 0; turn < 3; turn++) {
      tab.step()
      tab.server.answer()
      tab.hear()
    }
  },
  connect: (tab: ModelTab) => tab.connect(),
  drop: (tab: ModelTab) => tab.drop(),
  kill: (tab: ModelTab) => {
    tab.drop()
    tab.server.restart()
  },
  reload: (tab: ModelTab) => tab.reload(),
  refuse: (tab: ModelTab) => void (tab.server.isRefusing = true),
  accept: (tab: ModelTab) => void (tab.server.isRefusing = false),
  hold: (tab: ModelTab) => {
    if (tab.mayHold) tab.held = [...tab.unsent.clients()]
  },
  check: (tab: ModelTab) => tab.checkStranded(),
}

type Kind = keyof typeof edits | keyof typeof events

const EDITS = { set: 4, write: 3, erase: 3, delete: 3, paste: 2, import: 1 }
const ON_THE_WAY = { flow: 14, send: 6, commit: 5, hear: 6, connect: 3, check: 3 }
const TROUBLE = { drop: 1, kill: 1, reload: 1, refuse: 1, accept: 3, hold: 2 }
const WEIGHTS: Record<Kind, number> = { ...EDITS, ...ON_THE_WAY, ...TROUBLE }
const step = fc.record({
  kind: fc.oneof(
    ...(Object.entries(WEIGHTS) as Array<[Kind, number]>).map(([kind, weight]) => ({
      weight,
      arbitrary: fc.constant(kind),
    })),
  ),
  n: fc.nat(99),
})

describe('whatever is cut, sent, acknowledged, dropped and loaded anew', () => {
  test('an edit never counts as durable before the server has it, and never stays unsent for ever', () => {
    let runs = 0
    let cut = 0
    let durableOnTheWay = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 120 }), fc.boolean(), (steps, mayHold) => {
        runs += 1
        const tab = new ModelTab()
        tab.mayHold = mayHold
        tab.connect()
        for (const { kind, n } of steps) {
          if (kind in edits) edits[kind as keyof typeof edits](tab, n)
          else events[kind as keyof typeof events](tab)
          for (const { update } of tab.durable()) expect(hasAll(tab.server.committed, update)).toBe(true)
          if (tab.exchange?.uploading) cut += 1
        }
        durableOnTheWay += tab.durable().length
        tab.server.isRefusing = false
        if (!tab.exchange) tab.connect()
        tab.settle()
        // What was refused on the way, an edit or the end of a comparison, is seen to by and by: the waits double.
        for (let checks = 0; checks < 40; checks++) {
          tab.checkStranded()
          tab.settle()
        }
        expect([...tab.unsent]).toEqual([])
        expect(tab.exchange?.caughtUp).toBe(true)
        expect(Y.equalSnapshots(Y.snapshot(tab.server.committed), Y.snapshot(tab.doc))).toBe(true)
        expect(tab.server.largest).toBeLessThanOrEqual(PIECE_BYTES)
      }),
      { numRuns: 300 },
    )
    expect(runs).toBe(300)
    expect(cut).toBeGreaterThan(300)
    expect(durableOnTheWay).toBeGreaterThan(300)
  }, 120_000)
})

test('what is drawn beside something that is refused for good is saved, also when nobody can say who has deleted what', () => {
  const tab = new ModelTab()
  edits.write(tab, 1)
  tab.connect()
  tab.settle()
  tab.drop()
  // Whether it was this client that has taken the letters out is not known.
  const refused = tab.doc.clientID
  tab.server.refused = refused
  edits.write(tab, 2)
  edits.erase(tab, 3)
  tab.doc.clientID += 1
  edits.set(tab, 1)
  tab.held = [refused]
  tab.connect()
  tab.settle()
  expect(tab.server.committed.getText('words').toJSON()).toBe('word 1 ')
  expect(tab.server.committed.getMap('elements').has('e1')).toBe(true)
  tab.doc.clientID += 1
  edits.set(tab, 2)
  tab.settle()
  expect([...tab.unsent].map(({ client }) => client)).not.toContain(tab.doc.clientID)
  for (const { update } of tab.durable()) expect(hasAll(tab.server.committed, update)).toBe(true)
  tab.server.refused = undefined
  for (let checks = 0; checks < 40; checks++) {
    tab.checkStranded()
    tab.settle()
  }
  expect([...tab.unsent]).toEqual([])
  expect(Y.equalSnapshots(Y.snapshot(tab.server.committed), Y.snapshot(tab.doc))).toBe(true)
})

describe('an upload', () => {
  test('has at most two pieces on the way, and says how far it is', () => {
    const tab = new ModelTab()
    edits.paste(tab, 1)
    tab.beginUpload()
    expect(tab.toServer).toHaveLength(2)
    const { total } = tab.exchange!.uploading!
    expect(total).toBeGreaterThan(3 * PIECE_BYTES)
    const seen: number[] = []
    while (tab.exchange!.uploading) {
      seen.push(tab.exchange!.uploading.done)
      expect(tab.exchange!.uploading.total).toBe(total)
      expect(tab.toServer.length + tab.server.answers.length).toBeLessThanOrEqual(2)
      tab.step()
      tab.server.answer()
      tab.hear()
    }
    expect(seen).toEqual([...seen].toSorted((a, b) => a - b))
    expect(new Set(seen).size).toBeGreaterThan(3)
    expect(tab.unsent.count).toBe(0)
  })

  test('brings first what was deleted of that which the server has and has not said to be durable', () => {
    const tab = new ModelTab()
    tab.connect()
    tab.settle()
    for (let n = 0; n < 100; n++) edits.set(tab, n)
    while (tab.toServer.length > 0) tab.step()
    // The answers are lost with the connection.
    tab.reload()
    // Yjs tells of the clients with greater numbers first: the deletion's name comes before what it deletes.
    tab.doc.clientID = 2 ** 32 - 1
    edits.delete(tab, 99)
    tab.connect()
    while (tab.toServer.length + tab.server.answers.length + tab.server.toClient.length > 0) {
      tab.step()
      tab.server.answer()
      tab.hear()
      for (const { update } of tab.durable()) expect(hasAll(tab.server.committed, update)).toBe(true)
    }
    expect(tab.durable()).toHaveLength(101)
  })

  test('is answered when each of its pieces is', () => {
    const tab = new ModelTab()
    edits.paste(tab, 1)
    tab.beginUpload()
    const { writes } = tab.exchange!
    while (tab.exchange!.uploading) {
      expect(tab.exchange!.hasAnswered(writes)).toBe(false)
      tab.step()
      tab.server.answer()
      tab.hear()
    }
    expect(tab.exchange!.hasAnswered(writes)).toBe(true)
  })

  test('what is drawn meanwhile comes after it, and a refusal ends it', () => {
    const tab = new ModelTab()
    edits.paste(tab, 1)
    tab.beginUpload()
    edits.write(tab, 1)
    expect(tab.toServer).toHaveLength(2)
    tab.server.isRefusing = true
    tab.step()
    tab.server.answer()
    tab.hear()
    expect(tab.toServer).toHaveLength(1)
    expect(tab.unsent.count).toBe(2)
  })

  test('has no end when its last piece is refused', () => {
    const tab = new ModelTab()
    edits.paste(tab, 1)
    tab.beginUpload()
    const { clientID, store } = tab.doc
    while (tab.toServer.length > 0) {
      const [next] = tab.toServer
      const end = next?.kind === 'update' && Y.parseUpdateMeta(next.update).to.get(clientID)
      tab.server.isRefusing = end === Y.getState(store, clientID)
      tab.step()
      tab.server.answer()
      tab.hear()
    }
    expect(tab.exchange?.caughtUp).toBe(false)
    tab.server.isRefusing = false
    tab.exchange?.compare()
    tab.settle()
    expect(tab.exchange?.caughtUp).toBe(true)
  })

  test('of a viewer holds nothing', () => {
    const sent: Sent[] = []
    const doc = new Y.Doc()
    doc.getMap('elements').set('a', 1)
    const exchange = new DocumentExchange({
      client: { send: (message) => void sent.push(message) },
      doc,
      unsent: new UnsentEdits(),
      isViewer: () => true,
      held: () => [],
      onDurable: () => {},
      onRefused: () => {},
      onDownloaded: () => {},
      onChange: () => {},
    })
    exchange.received({ kind: 'step1', stateVector: Uint8Array.of(0) })
    expect(sent.slice(1)).toEqual([{ kind: 'step2', update: Uint8Array.of(0, 0) }])
  })
})
