import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { craft, element, type CraftedStruct } from '../../testing/crafted-update.ts'
import { ClientOwners } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge } from './judge.ts'
import { KIND } from './read-content.ts'
import { readUpdate } from './read-update.ts'

const MANY = 20_000
const ALL = Array.from({ length: MANY }, (_, n) => n)
const words = (parent: number): CraftedStruct => ({ kind: KIND.type, type: 2, parent: [7, parent], key: 'words' })
const letters = (string: string, more: Partial<CraftedStruct>): CraftedStruct => ({
  kind: KIND.string,
  string,
  ...more,
})
const document = (...updates: Uint8Array[]) => {
  const made = new Y.Doc()
  for (const update of updates) Y.applyUpdate(made, update)
  return made
}
const ruleOf = (made: Y.Doc, update: Uint8Array): string => {
  const parts = { view: new DocumentView(made), owners: new ClientOwners(), author: 'eve' }
  const verdict = judge(readUpdate(update), parts)
  return verdict.kind === 'refused' ? verdict.refusal.rule : verdict.kind
}

/** Pairs of letters, each pair put before all others; of each, the first is deleted. */
const PAIRS = craft([
  [
    7,
    0,
    element('a'),
    words(0),
    ...ALL.map((n) => letters('DX', n ? { rightOrigin: [7, 2 * n] } : { parent: [7, 1] })),
  ],
])
const FIRST_OF_PAIRS = craft([], [[7, ...ALL.map((n) => [2 + 2 * n, 1] as const)]])
const SECOND_OF_PAIRS = craft([], [[7, ...ALL.map((n) => [3 + 2 * n, 1] as const)]])

describe('[G15] nobody can have Yjs put structs together for seconds', () => {
  test('by deleting what stands beside something that was deleted, in many places', () => {
    expect(ruleOf(document(PAIRS, FIRST_OF_PAIRS), SECOND_OF_PAIRS)).toBe('G15')
  })

  test('by saying something new where many keys were said twice', () => {
    const twice = ALL.flatMap((n): CraftedStruct[] => [
      { kind: KIND.any, any: [1], parent: [7, Math.floor(n / 200)], key: `k${n % 200}` },
      { kind: KIND.any, any: [2], origin: [7, 100 + 2 * n] },
    ])
    const elements = ALL.slice(0, 100).map((n) => element(`e${n}`))
    const again = ALL.map((n): CraftedStruct => ({ kind: KIND.any, any: [3], origin: [7, 101 + 2 * n] }))
    expect(ruleOf(document(craft([[7, 0, ...elements, ...twice]])), craft([[8, 0, ...again]]))).toBe('G15')
  })

  test('by deleting one text, the letters of which were written between those of another', () => {
    const inTurn = ALL.flatMap((n) =>
      [1, 1, 3].map((text, part) =>
        letters(
          'x',
          n || part === 1 ? { rightOrigin: [7, 3 * n + (part === 2 ? 3 : part === 1 ? 4 : 2)] } : { parent: [7, text] },
        ),
      ),
    )
    inTurn[2] = letters('x', { parent: [7, 3] })
    const written = craft([[7, 0, element('a'), words(0), element('b'), words(2), ...inTurn]])
    const made = document(written)
    expect(made.store.clients.get(7)?.length).toBe(4 + 3 * MANY)
    expect(ruleOf(made, craft([], [[7, [0, 1]]]))).toBe('G15')
  })

  test('by thousands of new pairs of letters that belong together', () => {
    const pairs = ALL.flatMap((n) => [
      letters('x', n ? { rightOrigin: [7, 2 * n] } : { parent: [7, 1] }),
      letters('y', { origin: [7, 2 + 2 * n], ...(n && { rightOrigin: [7, 2 * n] as const }) }),
    ])
    const update = craft([[7, 0, element('a'), words(0), ...pairs]])
    const made = document(update)
    expect(made.store.clients.get(7)?.length).toBeLessThan(3 + MANY)
    expect(ruleOf(new Y.Doc(), update)).toBe('G15')
  })

  test('by deleting every other letter of what the same update brings', () => {
    const text = letters('x'.repeat(2 * MANY), { parent: [7, 1] })
    const others = ALL.map((n) => element(`e${n}`))
    const every = ALL.map((n) => [2 + 2 * n, 1] as const)
    expect(ruleOf(new Y.Doc(), craft([[7, 0, element('a'), words(0), text, ...others]], [[7, ...every]]))).toBe('G15')
  })

  test('by cutting a text where nothing can be put, beside something that is no more', () => {
    const gone = craft([[7, 0, element('gone'), words(0), letters('x', { parent: [7, 1] })]], [[7, [0, 1]]])
    const text = craft([[7, 3, element('a'), words(3), letters('x'.repeat(2 * MANY), { parent: [7, 4] })]])
    const cuts = ALL.map((n) => letters('x', { origin: [7, 2], rightOrigin: [7, 6 + 2 * n] }))
    expect(ruleOf(document(gone, text), craft([[8, 0, ...cuts]]))).toBe('G15')
  })
})

/** What somebody does who has drawn five thousand elements, or written as many letters: all updates of it, and the document before. */
function doing(act: (doc: Y.Doc) => void, before: (doc: Y.Doc) => void): [made: Y.Doc, updates: Uint8Array[]] {
  const doc = new Y.Doc()
  before(doc)
  const made = document(Y.encodeStateAsUpdate(doc))
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  act(doc)
  return [made, updates]
}

const textOf = (doc: Y.Doc) => doc.getMap<Y.Map<Y.Text>>('elements').get('text')?.get('words') as Y.Text
const empty = (doc: Y.Doc) => void doc.getMap('elements').set('text', new Y.Map([['words', new Y.Text()]]))
const paste = (doc: Y.Doc) => {
  const keys = Array.from({ length: 6 }, (_, n) => [`k${n}`, n] as const)
  doc.transact(() => {
    for (let n = 0; n < 5_000; n++) doc.getMap('elements').set(`e${n}`, new Y.Map<unknown>(keys))
  })
}
const type = (doc: Y.Doc) => {
  for (let n = 0; n < 5_000; n++) textOf(doc).insert(n % 7 ? n : n >> 1, 'x')
}

test.for<[what: string, act: (doc: Y.Doc) => void, before: (doc: Y.Doc) => void]>([
  ['deletes five thousand elements', (doc) => doc.transact(() => doc.getMap('elements').clear()), paste],
  [
    'pastes five thousand, and takes that back',
    (doc) => {
      const undo = new Y.UndoManager(doc.getMap('elements'))
      paste(doc)
      undo.undo()
    },
    empty,
  ],
  ['writes five thousand letters here and there', type, empty],
  [
    'rubs out five thousand letters, one by one',
    (doc) => {
      while (textOf(doc).length > 0) textOf(doc).delete(textOf(doc).length - 1, 1)
    },
    (doc) => (empty(doc), type(doc)),
  ],
  [
    'does both',
    (doc) => {
      type(doc)
      while (textOf(doc).length > 0) textOf(doc).delete(0, 1)
    },
    empty,
  ],
  [
    'deletes a text of thousands of parts',
    (doc) => doc.getMap('elements').delete('text'),
    (doc) => (empty(doc), type(doc)),
  ],
  [
    'corrects a text of others in five thousand places',
    (doc) => {
      doc.clientID += 1
      for (let n = 0; n < 5_000; n++) textOf(doc).insert(1 + 3 * n, 'x')
    },
    (doc) => {
      empty(doc)
      textOf(doc).insert(0, 'x'.repeat(15_000))
    },
  ],
  [
    'drags fifty elements a hundred times',
    (doc) => {
      for (let n = 0; n < 5_000; n++)
        doc
          .getMap<Y.Map<number>>('elements')
          .get(`e${n % 50}`)
          ?.set('k1', n)
    },
    paste,
  ],
])('[G0] [G15] who %s is not refused, be it at once or step by step', ([, act, before]) => {
  const [made, updates] = doing(act, before)
  expect(ruleOf(made, Y.mergeUpdates(updates))).toBe('taken')
  for (const update of updates.slice(0, 500)) {
    expect(ruleOf(made, update)).toBe('taken')
    Y.applyUpdate(made, update)
  }
})
