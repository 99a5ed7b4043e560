import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { type ElementValues, valuesOf } from '@sketchroom/shared/scene/codec'
import { readElements } from '@sketchroom/shared/scene/document'
import { sceneFaults } from '@sketchroom/shared/scene/invariants'
import { SceneReader } from '@sketchroom/shared/scene/scene-reader'
import { sceneOperation, type SceneOperation } from '@sketchroom/shared/testing/scene-operations'
import { SceneBinding } from './scene-binding.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { MemoryView } from './testing/memory-view.ts'
import { isVisible } from './view-element.ts'

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 500)

/** One thing that happens in a run: a person does something, time passes, or messages arrive. */
type Step =
  | { readonly kind: 'do'; readonly peer: number; readonly operation: SceneOperation }
  | { readonly kind: 'press'; readonly peer: number; readonly pick: number }
  | { readonly kind: 'release'; readonly peer: number }
  | { readonly kind: 'motion'; readonly peer: number; readonly picks: readonly number[]; readonly x: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'deliver'; readonly peer: number; readonly picks: readonly number[]; readonly again: boolean }

const peer = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('do' as const), peer, operation: sceneOperation }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('press' as const), peer, pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), peer }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('motion' as const),
      peer,
      picks: fc.array(fc.nat(20), { maxLength: 3 }),
      x: fc.integer({ min: -1_000, max: 1_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1_200) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      peer,
      picks: fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }),
      again: fc.boolean(),
    }),
  },
)

class Peer {
  readonly doc = new Y.Doc()
  readonly view: MemoryView
  readonly binding: SceneBinding
  /** Updates of others that have not arrived: a partition lasts as long as they are not picked. */
  inbox: Uint8Array[] = []
  updates = 0

  constructor(name: string, clock: ManualClock, send: (from: Peer, update: Uint8Array) => void) {
    this.doc.clientID = Number(name.slice(1)) + 1
    this.view = new MemoryView(name)
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'network') return
      this.updates++
      send(this, update)
    })
    this.binding = new SceneBinding({ doc: this.doc, view: this.view, clock })
    this.view.onChange = () => this.binding.noteChange()
  }

  receive(position: number, again: boolean): void {
    const at = position % Math.max(this.inbox.length, 1)
    const update = this.inbox[at]
    if (!update) return
    if (!again) this.inbox.splice(at, 1)
    Y.applyUpdate(this.doc, update, 'network')
  }
}

function live(values: Iterable<readonly [string, ElementValues | undefined]>): Map<string, ElementValues | undefined> {
  return new Map([...values].filter(([, value]) => value?.keys.isDeleted !== true).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readerOf(doc: Y.Doc): SceneReader {
  const reader = new SceneReader(doc)
  reader.note(readElements(doc))
  return reader
}

/** What a document's elements look like, worked out anew. */
function toBeShown(doc: Y.Doc): [string, ElementValues | undefined][] {
  const reader = readerOf(doc)
  return [...readElements(doc).keys()].map((id) => [id, reader.read(id)])
}

function play(steps: readonly Step[], peerCount: number): void {
  const clock = new ManualClock()
  const peers: Peer[] = []
  const send = (from: Peer, update: Uint8Array) => {
    for (const other of peers) if (other !== from) other.inbox.push(update)
  }
  for (let i = 0; i < peerCount; i++) peers.push(new Peer(`p${i}`, clock, send))

  for (const event of steps) {
    if (event.kind === 'wait') {
      clock.advance(event.ms)
      continue
    }
    const actor = peers[event.peer % peerCount]!
    if (event.kind === 'do') actor.view.do(event.operation)
    else if (event.kind === 'release') actor.view.release()
    else if (event.kind === 'deliver') for (const pick of event.picks) actor.receive(pick, event.again)
    else if (event.kind === 'motion') {
      const { elements } = actor.view
      const moving = elements.filter((_, i) => event.picks.includes(i))
      const motion = { xy: [event.x, event.x], wh: [Math.abs(event.x), 9], angle: 1 } as const
      actor.binding.showMotion(new Map(moving.map(({ id }) => [id, motion])))
    } else {
      const elements = actor.view.elements.filter((element) => !element.isDeleted)
      const held = elements[event.pick % Math.max(elements.length, 1)]
      actor.view.press(...(held ? [held.id] : []))
    }
  }

  // Everybody lifts the pointer, all motion ends and the network heals.
  for (const { view, binding } of peers) {
    view.release()
    binding.showMotion(new Map())
  }
  let updatesBefore = -1
  for (let round = 0; round < 10; round++) {
    clock.advance(2_000)
    for (const each of peers) while (each.inbox.length > 0) each.receive(0, false)
    const updates = peers.reduce((sum, each) => sum + each.updates, 0)
    if (updates === updatesBefore) break
    updatesBefore = updates
    expect(round, 'the peers go on telling each other news').toBeLessThan(9)
  }

  const [first] = peers
  for (const each of peers) {
    expect(live(readElements(each.doc))).toEqual(live(readElements(first!.doc)))
    const shown = each.view.elements.map((element) => [element.id, valuesOf(element)] as const)
    expect(live(shown)).toEqual(live(toBeShown(each.doc)))
    // A new text with nothing but blanks is its editor's alone, which drops it when it is closed.
    const visible = each.view.elements.filter(isVisible)
    expect(visible.map((element) => element.id)).toEqual(first!.view.elements.filter(isVisible).map(({ id }) => id))
    const reader = readerOf(each.doc)
    expect(visible.map(({ id, boundElements }) => [id, boundElements ?? []])).toEqual(
      visible.map(({ id }) => [id, reader.boundTo(id) ?? []]),
    )
    expect(sceneFaults(each.view.elements).filter((fault) => !fault.includes('claims'))).toEqual([])
  }

  // A newcomer sees the same, and says nothing.
  const late = new Peer('p9', clock, send)
  Y.applyUpdate(late.doc, Y.encodeStateAsUpdate(first!.doc), 'network')
  clock.advance(2_000)
  expect(late.updates).toBe(0)
  const shown = late.view.elements.map((element) => [element.id, valuesOf(element)] as const)
  expect(live(shown)).toEqual(live(toBeShown(first!.doc)))
  for (const each of [...peers, late]) each.binding.destroy()
}

test(`documents and views of two to four peers become the same, whatever they do and however it arrives`, () => {
  let runs = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
      fc.integer({ min: 2, max: 4 }),
      (steps, count) => {
        runs++
        play(steps, count)
      },
    ),
    { numRuns: RUNS },
  )
  expect(runs).toBeGreaterThanOrEqual(RUNS)
}, 60_000)
