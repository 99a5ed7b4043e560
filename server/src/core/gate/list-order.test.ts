import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { createRandom } from '../../faults/seeded-random.ts'
import { craft } from '../../testing/crafted-update.ts'
import { ClientOwners } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge } from './judge.ts'
import { KIND } from './read-content.ts'
import { readUpdate } from './read-update.ts'

const ROUNDS = Number(process.env['RUNS'] ?? 40)
const PEOPLE = [1, 2, 3, 4]

/** A text that some people write in at once; each has heard of some of what the others did. */
class SharedText {
  readonly random: () => number
  readonly documents: Y.Doc[]
  readonly #sent: Uint8Array[][] = PEOPLE.map(() => [])
  readonly #heard: number[][] = PEOPLE.map(() => PEOPLE.map(() => 0))

  constructor(seed: number) {
    this.random = createRandom(seed)
    const first = new Y.Doc()
    first.clientID = 99
    first.getMap('elements').set('text', new Y.Map([['words', new Y.Text()]]))
    this.documents = PEOPLE.map((client) => {
      const document = new Y.Doc()
      Y.applyUpdate(document, Y.encodeStateAsUpdate(first))
      document.clientID = client
      return document
    })
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  send(person: number, update: Uint8Array): void {
    this.#sent[person]?.push(update)
  }

  /** One hears of what others did, each in its order: a part of it, or all. */
  hear(person: number, part: number): void {
    const document = this.documents[person] as Y.Doc
    const heard = this.#heard[person] as number[]
    for (const [other, sent] of this.#sent.entries()) {
      while (other !== person && (heard[other] as number) < sent.length && this.random() < part) {
        Y.applyUpdate(document, sent[heard[other]!++] as Uint8Array)
      }
    }
  }

  judge(person: number, update: Uint8Array) {
    const view = new DocumentView(this.documents[person] as Y.Doc)
    return judge(readUpdate(update), { view, owners: new ClientOwners(), author: 'somebody' })
  }
}

const wordsOf = (document: Y.Doc) => document.getMap<Y.Map<Y.Text>>('elements').get('text')?.get('words') as Y.Text

/** What stands in a text, deleted or not, letter by letter. */
function lettersOf(document: Y.Doc): Array<readonly [client: number, clock: number]> {
  const letters: Array<readonly [number, number]> = []
  // oxlint-disable-next-line no-underscore-dangle -- Yjs has no call that tells what stands where.
  for (let item = wordsOf(document)._start; item; item = item.right) {
    for (let n = 0; n < item.length; n++) letters.push([item.id.client, item.id.clock + n])
  }
  return letters
}

test('[G0] [G8] who writes where others write, not having heard of all, is not refused', () => {
  let isConcurrent = 0
  for (let round = 0; round < ROUNDS; round++) {
    const text = new SharedText(round)
    const server = text.documents[0] as Y.Doc
    for (let step = 0; step < 60; step++) {
      const person = 1 + text.below(PEOPLE.length - 1)
      const document = text.documents[person] as Y.Doc
      const updates: Uint8Array[] = []
      const note = (update: Uint8Array) => updates.push(update)
      document.on('update', note)
      for (let n = 0; n <= text.below(4); n++) {
        const words = wordsOf(document)
        const at = text.below(Math.min(words.length, 8) + 1)
        if (text.below(4) === 0 && at < words.length) words.delete(at, 1)
        else words.insert(at, 'abc'.slice(text.below(3)))
      }
      document.off('update', note)
      text.send(person, Y.mergeUpdates(updates))
      if (text.below(3) === 0) text.hear(1 + text.below(PEOPLE.length - 1), 0.5)
      // What it hears of is what the server takes; a gap is asked for again, which here is to come later.
      const update = text.judge(0, Y.mergeUpdates(updates))
      expect(update.kind, `round ${round}, step ${step}`).not.toBe('refused')
      if (update.kind === 'taken') Y.applyUpdate(server, Y.mergeUpdates(updates))
      if (server.store.pendingStructs === null && lettersOf(server).length > lettersOf(document).length)
        isConcurrent += 1
    }
  }
  expect(isConcurrent).toBeGreaterThan(ROUNDS)
})

test.for([
  ['at the end', (words: Y.Text, word: string) => words.insert(words.length, word)],
  ['at the beginning', (words: Y.Text, word: string) => words.insert(0, word)],
] as const)(
  '[G0] [G8] [G15] two who write %s for hours, one without the network, and correct themselves, are not refused',
  ([, write]) => {
    for (const [here, away] of [
      [20, 10],
      [10, 20],
    ] as const) {
      const [server, offline] = [new Y.Doc(), new Y.Doc()]
      server.getMap('elements').set('text', new Y.Map([['words', new Y.Text('words')]]))
      Y.applyUpdate(offline, Y.encodeStateAsUpdate(server))
      const known = Y.encodeStateVector(server)
      server.clientID = here
      offline.clientID = away
      for (const document of [server, offline]) {
        for (let n = 0; n < 500; n++) {
          const words = wordsOf(document)
          write(words, 'word!')
          if (n % 2) words.delete(words.toJSON().indexOf('!'), 1)
        }
      }
      const update = readUpdate(Y.encodeStateAsUpdate(offline, known))
      const verdict = judge(update, { view: new DocumentView(server), owners: new ClientOwners(), author: 'ada' })
      expect(verdict.kind).toBe('taken')
    }
  },
)

/** Whether all see the same at the end of a round in which letters are put between any two; `isJudged`: as the gate allows. */
function doAllSeeTheSame(seed: number, isJudged: boolean): boolean {
  const text = new SharedText(seed)
  // Yjs takes another name, and says so, when something comes under its own.
  for (const document of text.documents) document.clientID = 100
  for (let step = 0; step < 40; step++) {
    const person = text.below(PEOPLE.length)
    const document = text.documents[person] as Y.Doc
    if (text.below(2) === 0) {
      text.hear(person, 0.8)
      continue
    }
    const letters = lettersOf(document)
    const client = PEOPLE[person] as number
    const any = () => letters[text.below(letters.length + 1)]
    let [origin, rightOrigin] = [any(), any()]
    const structs = Array.from({ length: 1 + text.below(3) }, (_, n) => {
      const own = [client, Y.getState(document.store, client) + n] as const
      const where = { ...(origin ? { origin } : {}), ...(rightOrigin ? { rightOrigin } : {}) }
      const struct = {
        kind: KIND.string,
        string: 'x',
        ...(origin || rightOrigin ? where : { parent: [99, 1] as const }),
      }
      // The next one mostly goes on behind it or before it.
      if (text.below(2) === 0) origin = own
      else rightOrigin = own
      if (text.below(4) === 0) [origin, rightOrigin] = [any(), any()]
      return struct
    })
    const update = craft([[client, Y.getState(document.store, client), ...structs]])
    if (isJudged && text.judge(person, update).kind !== 'taken') continue
    Y.applyUpdate(document, update)
    text.send(person, update)
  }
  for (const person of PEOPLE.keys()) text.hear(person, 1)
  const [first, ...others] = text.documents.map((document) => JSON.stringify(lettersOf(document)))
  return others.every((other) => other === first)
}

test('[G8] whatever is put between whatever, where the gate takes it all see the same', () => {
  const seeds = Array.from({ length: ROUNDS * 10 }, (_, seed) => seed)
  expect(seeds.filter((seed) => !doAllSeeTheSame(seed, true))).toEqual([])
  // Yjs alone takes it, and keeps people apart for good.
  expect(seeds.some((seed) => !doAllSeeTheSame(seed, false))).toBe(true)
})
