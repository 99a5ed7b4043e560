import { spawnSync } from 'node:child_process'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { shareWords } from '@sketchroom/shared/scene/plain-words'
import { craft, element, ENDLESS, value, type CraftedStruct } from '../../testing/crafted-update.ts'
import { ClientOwners, SERVER } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge, type Verdict } from './judge.ts'
import { KIND } from './read-content.ts'
import { readUpdate } from './read-update.ts'
import { Refusal } from './refusal.ts'

/** A board that Ada drew as the Yjs client 1: a text of three letters, in an element. */
function board() {
  const document = new Y.Doc()
  document.clientID = 1
  const words = new Y.Text('abc')
  document.getMap('elements').set(
    'text',
    new Y.Map<unknown>([
      ['type', 'text'],
      ['words', words],
    ]),
  )
  const owners = new ClientOwners([[1, 'ada']])
  const judgeBytes = (update: Uint8Array, author = 'eve'): Verdict => {
    try {
      return judge(readUpdate(update), { view: new DocumentView(document), owners, author })
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', refusal: error }
      throw error
    }
  }
  return { document, owners, judgeBytes }
}

/** Which rule an update breaks, and how it is told; on a board as above. */
function ruleOf(update: Uint8Array, author?: string): string {
  const verdict = board().judgeBytes(update, author)
  return verdict.kind === 'refused' ? `${verdict.refusal.rule} ${verdict.refusal.reason}` : verdict.kind
}

/** What Yjs does with it when it is trusted: on the same board, and then for whoever joins. */
function fateOf(update: Uint8Array): string {
  const { document } = board()
  try {
    Y.applyUpdate(document, update)
    Y.applyUpdate(new Y.Doc(), Y.encodeStateAsUpdate(document))
    return document.store.pendingStructs || document.store.pendingDs ? 'waits' : 'taken'
  } catch {
    return 'throws'
  }
}

const gc = (length: number): CraftedStruct => ({ kind: KIND.gc, length })
/** Ada's structs: 0 is the element, 1 its type, 2 the text, 3 to 5 its letters. */
const [ELEMENT, TYPE, WORDS] = [
  [1, 0],
  [1, 1],
  [1, 2],
] as const
const letter = (more: Partial<CraftedStruct>): CraftedStruct => ({ kind: KIND.string, string: 'x', ...more })

describe('what no honest client could send', () => {
  test.for<[rule: string, name: string, update: Uint8Array, fate?: string]>([
    ['G1', 'bytes after the end', Uint8Array.of(0, 0, 0)],
    ['G1', 'half an update', Uint8Array.of(1, 1, 7)],
    ['G1', 'a million structs in seven bytes', Uint8Array.of(1, 0xc0, 0x84, 0x3d, 7, 0, 0)],
    [
      'G1',
      'a kind that there is not',
      craft([[7, 0, { kind: 12, parent: 'elements', key: 'a', write: () => undefined }]]),
    ],
    ['G1', 'an update of Yjs’s second encoding, which nobody here reads', secondEncoding()],
    [
      'G2',
      'a client twice',
      craft([
        [7, 0, element('a')],
        [7, 1, element('b')],
      ]),
    ],
    [
      'G3',
      'a collected struct of no length, the eight bytes that brick a board',
      Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0),
      'throws',
    ],
    [
      'G3',
      'a deleted item of no length',
      craft([[7, 0, { kind: KIND.deleted, length: 0, parent: 'elements', key: 'a' }]]),
      'throws',
    ],
    ['G3', 'a clock past 2³¹', craft([[7, 0, gc(2 ** 31)]])],
    ['G3', 'the first of two updates that Yjs merges without end', ENDLESS[0]],
    ['G3', 'the second of these', ENDLESS[1]],
    ['G5', 'a deletion of no length', craft([], [[1, [0, 0]]])],
    ['G5', 'deletions that cover each other', craft([], [[1, [0, 3], [1, 3]]])],
    ['G7', 'a value that nests deeper than any drawing', craft([[7, 0, value(ELEMENT, 'x', nest(40))]])],
    ['G7', 'a key that changes what a value is', craft([[7, 0, value(ELEMENT, 'x', JSON.parse('{"__proto__":{}}'))]])],
    [
      'G8',
      'a struct that refers to a later one of its own',
      craft([
        [7, 0, { ...element('a'), key: undefined as never, parent: undefined as never, origin: [7, 3] }, element('b')],
      ]),
      'throws',
    ],
    ['G8', 'letters between two lists', craft([[7, 0, letter({ origin: [1, 3], rightOrigin: TYPE })]])],
    ['G8', 'something before what a key says', craft([[7, 0, { kind: KIND.any, any: [1], rightOrigin: TYPE }]])],
    ['G9', 'a list in a map', craft([[7, 0, { kind: KIND.any, any: [1], parent: ELEMENT }]])],
    ['G9', 'a key in a text', craft([[7, 0, value(WORDS, 'x', 1)]])],
  ])('[%s] %s closes the connection', ([rule, , update, fate]) => {
    expect(ruleOf(update)).toBe(`${rule} malformed_update`)
    if (fate) expect(fateOf(update)).toBe(fate)
  })
})

/** A sound update, written as Yjs's other protocol has it. */
function secondEncoding(): Uint8Array {
  return Y.convertUpdateFormatV1ToV2(craft([[7, 0, element('a')]]))
}

test('[G3] control: Yjs, when it is trusted with both of these, never comes to an end', () => {
  /** Whether Yjs has taken them before that time, in a process of its own. */
  const isTaken = (updates: readonly Uint8Array[], timeoutMs: number) => {
    const bytes = JSON.stringify(updates.map((update) => [...update]))
    const program = `
      import * as Y from 'yjs'
      const doc = new Y.Doc()
      for (const update of ${bytes}) try { Y.applyUpdate(doc, Uint8Array.from(update)) } catch {}`
    const options = { cwd: import.meta.dirname, timeout: timeoutMs }
    return spawnSync(process.execPath, ['--input-type=module', '-e', program], options).status === 0
  }
  const began = performance.now()
  expect(isTaken([craft([[7, 1, gc(1)]]), craft([[7, 3, gc(1)]])], 60_000)).toBe(true)
  expect(isTaken(ENDLESS, Math.ceil(5 * (performance.now() - began)))).toBe(false)
})

describe('what a drawing has no place for', () => {
  test.for<[rule: string, name: string, update: Uint8Array]>([
    ['G6', 'a document in a document', craft([[7, 0, { kind: 9, parent: 'elements', key: 'a' }]])],
    ['G6', 'a format in a text', craft([[7, 0, { kind: 6, origin: [1, 3] }]])],
    ['G6', 'an XML type', craft([[7, 0, { ...element('a'), type: 4 }]])],
    ['G7', 'a number that is not finite', craft([[7, 0, value(ELEMENT, 'angle', Infinity)]])],
    ['G9', 'another root', craft([[7, 0, value('other', 'a', 1)]])],
    ['G9', 'a type within a value', craft([[7, 0, value(TYPE, 'a', 1)]])],
    ['G10', 'an element that is no map', craft([[7, 0, value('elements', 'a', 1)]])],
    ['G10', 'a map in an element', craft([[7, 0, { ...element('a'), parent: ELEMENT }]])],
    ['G10', 'a value among letters', craft([[7, 0, { kind: KIND.any, any: [1], origin: [1, 5] }]])],
    ['G10', 'two values under one key', craft([[7, 0, { ...value(ELEMENT, 'angle', 1, 2) }]])],
    ['G11', 'an id that every object answers to', craft([[7, 0, element('constructor')]])],
    ['G11', 'a key that every object answers to', craft([[7, 0, value(ELEMENT, '__proto__', 1)]])],
    ['G7', 'a number that JSON has none of', craft([[7, 0, value(ELEMENT, 'x', 10n)]])],
    [
      'G12',
      'a megabyte in memory, from two bytes for each empty part',
      craft([
        [
          7,
          0,
          value(
            ELEMENT,
            'ink',
            Array.from({ length: 10_000 }, () => new Uint8Array()),
          ),
        ],
      ]),
    ],
    ['G12', 'a value of more than a megabyte', craft([[7, 0, value(ELEMENT, 'x', 'x'.repeat(1_100_000))]])],
    [
      'G12',
      'more than 256 keys',
      craft([[7, 0, ...Array.from({ length: 300 }, (_, n) => value(ELEMENT, `k${n}`, 1))]]),
    ],
    ['G13', 'a digest that is no digest', craft([[7, 0, value(ELEMENT, 'isDeleted', 'x'.repeat(100))]])],
    ['G13', 'a link that runs a script', craft([[7, 0, value(ELEMENT, 'link', 'javascript:alert(1)')]])],
    ['G13', 'a colour that fetches something', craft([[7, 0, value(ELEMENT, 'strokeColor', 'url(//evil.example)')]])],
    [
      'G13',
      'the same in what an element was created as',
      craft([[7, 0, created('{"type":"line","link":"javascript:1"}')]]),
    ],
    ['G13', 'what is no JSON where that is expected', craft([[7, 0, created('no')]])],
    ['G13', 'a version that is no number', craft([[7, 0, value('meta', 'schema', 'x')]])],
  ])('[%s] %s is refused, and told why', ([rule, , update]) => {
    expect(ruleOf(update)).toBe(`${rule} invalid_content`)
  })
})

function created(json: string): CraftedStruct {
  return { kind: KIND.binary, parent: ELEMENT, key: 'o', binary: new TextEncoder().encode(json) }
}

function nest(depth: number): unknown {
  return depth === 0 ? 0 : [nest(depth - 1)]
}

test('[G4] what refers to something that nobody knows is a gap, whatever it is beside', () => {
  for (const update of [
    craft([[7, 3, element('a')]]),
    craft([[7, 0, letter({ origin: [8, 0] })]]),
    craft([[7, 0, { kind: KIND.skip, length: 4 }, element('a')]]),
    craft([], [[1, [4, 5]]]),
    // What repeats something that is there, and says that it stands in what is not.
    craft([[1, 0, { ...element('text'), parent: [8, 0] }]]),
    // Each waits for the other.
    craft([
      [7, 0, letter({ origin: [8, 0] })],
      [8, 0, letter({ origin: [7, 0] })],
    ]),
  ]) {
    expect([ruleOf(update), fateOf(update)]).toEqual(['gap', 'waits'])
  }
})

test('[G8] of a struct of which a part is known, the rest goes where that part stands', () => {
  const { document, owners, judgeBytes } = board()
  const known = craft([[7, 0, letter({ string: 'xy', origin: [1, 5] })]])
  expect(judgeBytes(known).kind).toBe('taken')
  Y.applyUpdate(document, known)
  owners.wrote(7, 'eve')
  expect(judgeBytes(craft([[7, 0, letter({ string: 'xyz', origin: [1, 5] })]])).kind).toBe('taken')
  const elsewhere = craft([[7, 0, value(ELEMENT, 'angle', 1, 2, 3)]])
  expect(judgeBytes(elsewhere)).toMatchObject({ kind: 'refused', refusal: { rule: 'G8', reason: 'malformed_update' } })
  // These two are side by side; but the rest goes on behind what is known, and the second is not there.
  const between = craft([[7, 0, letter({ string: 'xyz', origin: [1, 3], rightOrigin: [1, 4] })]])
  expect(judgeBytes(between)).toMatchObject({ kind: 'refused', refusal: { rule: 'G8', reason: 'invalid_content' } })
})

test('[G14] a Yjs client is whose it was first, also while its person is away', () => {
  const next = craft([[1, 6, element('forged')]])
  expect([ruleOf(next, 'eve'), ruleOf(next, 'ada')]).toEqual(['G14 foreign_client', 'taken'])
  // Yjs, and whoever trusts it, takes it: and what Ada has drawn under these clocks meanwhile is "known" when she is back.
  expect(fateOf(next)).toBe('taken')
})

test('[G15] a text cannot be cut in ten thousand places by one update', () => {
  const cuts = Array.from({ length: 10_000 }, (_, n) =>
    letter({ origin: [7, 10_001 - n], rightOrigin: [7, 10_002 - n] }),
  )
  const words: CraftedStruct = { kind: KIND.type, type: 2, parent: [7, 0], key: 'words' }
  const update = craft([
    [7, 0, element('t'), words, letter({ string: 'x'.repeat(10_001), parent: [7, 1] })],
    [8, 0, ...cuts],
  ])
  expect(board().judgeBytes(update)).toMatchObject({ kind: 'refused', refusal: { rule: 'G15' } })
})

test('[G0] [G10] what a key was before, which a client keeps for its undo, is not refused', () => {
  const client = new Y.Doc()
  client.getMap('elements').set('a', new Y.Map([['type', 'rectangle']]))
  const document = new Y.Doc()
  Y.applyUpdate(document, Y.encodeStateAsUpdate(client))
  const known = Y.encodeStateVector(client)
  const undo = new Y.UndoManager(client.getMap('elements'))
  const move = (x: number) => client.getMap<Y.Map<unknown>>('elements').get('a')?.set('xy', [x, 0])
  for (let x = 1; x < 5; x++) move(x)
  expect(undo.undoStack).toHaveLength(1)
  const update = Y.encodeStateAsUpdate(client, known)
  const judging = { view: new DocumentView(document), owners: new ClientOwners(), author: 'ada' }
  expect(judge(readUpdate(update), judging)).toMatchObject({ kind: 'taken' })
})

test('[G14] a client that is nobody’s becomes its author’s, but not one that somebody has announced', () => {
  const { owners, judgeBytes } = board()
  const update = craft([[7, 0, element('a')]])
  expect(judgeBytes(update)).toMatchObject({ kind: 'taken', claims: new Map([[7, 'eve']]) })
  expect([owners.announce(7, 'bob'), owners.announce(7, 'eve')]).toEqual([true, false])
  expect(judgeBytes(update)).toMatchObject({ kind: 'refused', refusal: { rule: 'G14' } })
  // Nor can she have it forgotten.
  for (let client = 1_000; client < 31_000; client++) owners.announce(client, client % 3 ? 'eve' : 'mallory')
  expect(judgeBytes(update)).toMatchObject({ kind: 'refused', refusal: { rule: 'G14' } })
  expect(judgeBytes(update, 'bob').kind).toBe('taken')
})

test('[G14] plain words that are shared are nobody’s, and only as they must be', () => {
  const { document, judgeBytes } = board()
  const elements = document.getMap<Y.Map<unknown>>('elements')
  elements.set('plain', new Y.Map([['words', 'plain words']]))
  const before = Y.encodeStateVector(document)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(document))
  copy.transact(() => shareWords(copy.getMap<Y.Map<unknown>>('elements').get('plain') as Y.Map<unknown>, 'plain words'))
  const shared = Y.encodeStateAsUpdate(copy, before)
  const [author] = [...Y.decodeStateVector(Y.encodeStateVector(copy)).keys()].filter((client) => client !== 1)
  expect(judgeBytes(shared)).toMatchObject({ kind: 'taken', claims: new Map([[author, SERVER]]) })
})

test('[G14] what the server has written is nobody’s to go on with', () => {
  const { owners, judgeBytes } = board()
  owners.wrote(9, SERVER)
  expect(judgeBytes(craft([[9, 0, element('a')]]))).toMatchObject({ kind: 'refused', refusal: { rule: 'G14' } })
})

test('[G14] nobody can use up the Yjs clients that a room may have, so that others could not draw there any more', () => {
  const { document, owners, judgeBytes } = board()
  let next = 1_000
  const comeIn = (author: string, clients: number): string => {
    const verdict = judgeBytes(craft(Array.from({ length: clients }, () => [next++, 0, gc(1)] as const)), author)
    if (verdict.kind !== 'taken') return verdict.kind
    for (const client of verdict.claims.keys()) own(client, author)
    return 'taken'
  }
  const own = (client: number, author: string) => {
    document.store.clients.set(client, [new Y.GC(Y.createID(client, 0), 1)])
    owners.wrote(client, author)
  }
  expect(Array.from({ length: 5 }, () => comeIn('eve', 2_500)).indexOf('refused')).toBe(4)
  for (let n = 0; n < 90_000; n++) own(next++, `eve-${n % 9}`)
  expect(comeIn('few', 999)).toBe('taken')
  expect(document.store.clients.size).toBeGreaterThan(100_000)
  const opened = craft([[7, 0, element('a')]])
  expect(['ada', 'bob', 'eve-1'].map((author) => judgeBytes(opened, author).kind)).toEqual([
    'taken',
    'taken',
    'refused',
  ])
  owners.transfer('eve-1', 'bob')
  expect(judgeBytes(opened, 'bob')).toMatchObject({ refusal: { rule: 'G14', reason: 'board_full' } })
})

test('[G15] thousands of clients that write one key, or into one place, are more than is taken at once', () => {
  const crowd = (struct: CraftedStruct) => craft(Array.from({ length: 4_000 }, (_, n) => [10 + n, 0, struct] as const))
  expect(ruleOf(crowd(value(ELEMENT, 'angle', 1)))).toBe('G15 too_large')
  expect(ruleOf(crowd(letter({ origin: [1, 4], rightOrigin: [1, 5] })))).toBe('G15 too_large')
})

test('[G15] one client that writes one key again and again as if for the first time is stopped, too', () => {
  expect(ruleOf(craft([[7, 0, ...Array.from({ length: 5_000 }, () => value(ELEMENT, 'angle', 1))]]))).toBe(
    'G15 too_large',
  )
})

test('[G12] nobody can put more into a text or a stroke by many small parts in one update, or into a new one', () => {
  const part = { kind: KIND.string, string: 'x'.repeat(100_000) }
  const chunk = { kind: KIND.binary, binary: Uint8Array.of(0) }
  const typed = (parts: number) =>
    craft([
      [
        7,
        0,
        ...Array.from({ length: parts }, (_, n) => ({
          ...part,
          origin: n ? ([7, n * 100_000 - 1] as const) : ([1, 5] as const),
        })),
      ],
    ])
  expect([ruleOf(typed(3)), ruleOf(typed(4))]).toEqual(['taken', 'G12 invalid_content'])
  const drawn = (chunks: number) =>
    craft([
      [
        7,
        0,
        { kind: KIND.type, type: 0, parent: ELEMENT, key: 'ink' },
        ...Array.from({ length: chunks }, (_, n) =>
          n ? { ...chunk, origin: [7, n] as const } : { ...chunk, parent: [7, 0] as const },
        ),
      ],
    ])
  expect([ruleOf(drawn(20_000)), ruleOf(drawn(20_001))]).toEqual(['taken', 'G12 invalid_content'])
  // What was deleted long ago is no part of what there is.
  const gone = { kind: KIND.deleted, length: 300_000 }
  expect(ruleOf(craft([[7, 0, { ...gone, origin: [1, 5] }, { ...gone, origin: [7, 299_999] }]]))).toBe('taken')
})

test('[G6] more structs or clients than a message has room for are refused by their number', () => {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 80_000)
  for (let n = 0; n < 80_000; n++) for (const part of [1, 100 + n, 0, KIND.gc, 1]) encoding.writeVarUint(encoder, part)
  encoding.writeVarUint(encoder, 0)
  expect(ruleOf(encoding.toUint8Array(encoder))).toBe('G6 invalid_content')
})

test('[G12] nobody can choose ids that all have one place in the gate’s table of them', () => {
  const structs = readUpdate(craft([[7, 0, ...alikeIds(2_000).map(element)]])).clients[0]?.structs ?? []
  expect(structs).toHaveLength(2_000)
  expect(new Set(structs.map(({ keyHash }) => keyHash % 256)).size).toBeGreaterThan(200)
})

/** Ids of which the last eight bits of FNV-1a are the same, which anybody can work out. */
function alikeIds(count: number): string[] {
  const hashOf = (id: string) => Buffer.from(id).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 8)
  const ids: string[] = []
  for (let n = 0; ids.length < count; n++) {
    const id = n.toString(36).padStart(8, '0')
    if ((hashOf(id) & 255) === 255) ids.push(id)
  }
  return ids
}
