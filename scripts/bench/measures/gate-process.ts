/** The process that judges what people do, and applies it. */
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, writeKeys } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import { encodeTransactionRanges } from '../../../server/src/core/documents/clock-ranges.ts'
import { BoardSize, DEFAULT_BOARD_LIMITS } from '../../../server/src/core/gate/board-size.ts'
import { ClientOwners } from '../../../server/src/core/gate/client-owners.ts'
import { DocumentView } from '../../../server/src/core/gate/document-view.ts'
import { judge, type Growth } from '../../../server/src/core/gate/judge.ts'
import { readUpdate } from '../../../server/src/core/gate/read-update.ts'
import { answerCalls } from '../answer-calls.ts'
import type { Doing } from './gate.ts'

/** What the process answers. */
export interface GateCalls {
  /** What judging takes, as a part of what applying does, in percent. */
  partOf(doing: Doing): number
}

/** How often each is tried, of which the fastest counts: others use the machine, too. */
const TRIES = 40
const STORED = 1_000
const PASTED = 5_000

const element = (n: number) =>
  valuesOf({ type: 'rectangle', x: n, y: 2 * n, width: 100, height: 50, backgroundColor: '#ffc9c9', seed: n })

const NO_GROWTH: Growth = { elements: 0, structs: 0, bytes: 0, isMarking: false, marks: () => neverAsked() }

/** A board of a thousand elements, with a stroke and a text to go on with. */
const BOARD = encodedAfter(new Y.Doc(), (doc) => {
  for (let n = 0; n < STORED; n++) add(doc, `stored-${n}`, n)
  const more = [
    ['type', 'text'],
    ['words', new Y.Text('words')],
    ['ink', new Y.Array()],
  ] as const
  doc.getMap('elements').set('more', new Y.Map<unknown>(more))
})

const moreOf = (doc: Y.Doc, key: string) =>
  (doc.getMap<Y.Map<unknown>>('elements').get('more') as Y.Map<unknown>).get(key)

/** What each sends. */
const UPDATES: Readonly<Record<Doing, readonly Uint8Array[]>> = {
  drags: updatesOf((doc, n) => writeKeys(doc, `stored-${n % 50}`, new Map([['xy', [n, n]]])), 2_000),
  strokes: updatesOf((doc) => (moreOf(doc, 'ink') as Y.Array<unknown>).push([new Uint8Array(61)]), 2_000),
  typing: updatesOf((doc, n) => (moreOf(doc, 'words') as Y.Text).insert(5 + n, 'x'), 2_000),
  'a paste of 5000': updatesOf((doc) => doc.transact(() => addAll(doc)), 1),
}

answerCalls<GateCalls>({
  partOf(doing) {
    const tries = Array.from({ length: TRIES }, () => timesOf(UPDATES[doing]))
    const least = (which: 0 | 1) => Math.min(...tries.map((times) => times[which]))
    return (100 * least(0)) / least(1)
  },
})

/**
 * What judging these updates takes in all, and whether the board has room for them; and applying them, with what a record of them
 * keeps, in milliseconds.
 */
function timesOf(updates: readonly Uint8Array[]): readonly [judgingMs: number, applyingMs: number] {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, BOARD)
  doc.on('update', (_update: Uint8Array, _origin: unknown, _doc: Y.Doc, change: Y.Transaction) =>
    encodeTransactionRanges(change),
  )
  const [view, owners] = [new DocumentView(doc), new ClientOwners()]
  const size = new BoardSize({
    document: doc,
    limits: DEFAULT_BOARD_LIMITS,
    storedBytes: () => 0,
    hasMemory: () => true,
  })
  // A board is counted when it is first written to, which was long ago.
  size.take(NO_GROWTH)
  let [judgingMs, applyingMs] = [0, 0]
  for (const update of updates) {
    const from = performance.now()
    const verdict = judge(readUpdate(update), { view, owners, author: 'ada' })
    const refusal = verdict.kind === 'taken' ? size.take(verdict.growth) : undefined
    const between = performance.now()
    Y.applyUpdate(doc, update)
    applyingMs += performance.now() - between
    judgingMs += between - from
    if (verdict.kind !== 'taken' || refusal) throw new Error(`the gate does not take what people do: ${verdict.kind}`)
    for (const [client, owner] of verdict.claims) owners.wrote(client, owner)
  }
  return [judgingMs, applyingMs]
}

function neverAsked(): never {
  throw new Error('nothing is marked')
}

function updatesOf(act: (doc: Y.Doc, n: number) => void, times: number): Uint8Array[] {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, BOARD)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let n = 0; n < times; n++) act(doc, n)
  return updates
}

function encodedAfter(doc: Y.Doc, act: (doc: Y.Doc) => void): Uint8Array {
  doc.transact(() => act(doc))
  return Y.encodeStateAsUpdate(doc)
}

function addAll(doc: Y.Doc): void {
  for (let n = 0; n < PASTED; n++) add(doc, `pasted-${n}`, n)
}

function add(doc: Y.Doc, id: string, n: number): void {
  const values = element(n)
  if (values) createElement(doc, id, values)
}
