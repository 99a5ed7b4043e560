import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { readElements } from '@sketchroom/shared/scene/document'
import { createRandom } from '../../faults/seeded-random.ts'
import { HostileUpdates } from '../../testing/hostile-updates.ts'
import { ClientOwners } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge } from './judge.ts'
import { readUpdate } from './read-update.ts'
import { Refusal } from './refusal.ts'

/*
 * Nearly sound updates, against the gate and then Yjs itself: what the gate takes must integrate whole, in no time, and be
 * readable, encodable and loadable by anybody. `FUZZ_SEED=…` makes the same ones; `FUZZ_SECONDS=1800` goes on for that long.
 */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5)
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
const PER_BOARD = 60
/** Of this thread’s own time: what the machine gives to others is no stall. */
const STALL_MS = 250

/** What was found, by its bytes as hex, with what was wrong: each goes through again in every run. */
const CORPUS: ReadonlyArray<readonly [what: string, hex: string]> = [
  ['a collected struct of no length', '0101e13c00000000'],
  ['a deletion of no length', '0001010100 00'.replaceAll(' ', '')],
  ['a million structs in seven bytes', '01c0843d070000'],
]

/** Why an update may not have been taken; undefined when all is well with it. */
function faultOf(update: Uint8Array, document: Y.Doc, owners: ClientOwners): { kind: string; fault?: string } {
  let kind: string
  let claims: ReadonlyMap<number, string> = new Map()
  const judged = () => judge(readUpdate(update), { view: new DocumentView(document), owners, author: 'eve' })
  const began = cpuMs()
  try {
    const verdict = judged()
    kind = verdict.kind === 'refused' ? verdict.refusal.rule : verdict.kind
    if (verdict.kind === 'taken') claims = verdict.claims
  } catch (error) {
    if (!(error instanceof Refusal)) return { kind: 'threw', fault: `the gate threw ${String(error)}` }
    kind = error.rule
  }
  const gateMs = cpuMs() - began
  if (gateMs > STALL_MS && isSlow(judged)) return { kind, fault: `the gate took ${gateMs} ms` }
  if (kind !== 'taken') return { kind }
  try {
    const before = Y.encodeStateAsUpdate(document)
    const from = cpuMs()
    Y.applyUpdate(document, update)
    const yjsMs = cpuMs() - from
    if (document.store.pendingStructs || document.store.pendingDs) return { kind, fault: 'a part of it waits' }
    const whole = Y.encodeStateAsUpdate(document)
    const fresh = new Y.Doc()
    Y.applyUpdate(fresh, whole)
    if (yjsMs > STALL_MS) {
      const again = new Y.Doc()
      Y.applyUpdate(again, before)
      if (isSlow(() => Y.applyUpdate(again, update))) return { kind, fault: `Yjs took ${yjsMs} ms` }
    }
    if (!Y.equalSnapshots(Y.snapshot(fresh), Y.snapshot(document))) return { kind, fault: 'it does not load as it is' }
    if (!isDeepStrictEqual(elementsOf(fresh), elementsOf(document))) return { kind, fault: 'others see something else' }
    if ([...fresh.share.keys()].some((root) => root !== 'elements' && root !== 'meta'))
      return { kind, fault: 'another root' }
    readElements(fresh)
  } catch (error) {
    return { kind, fault: `Yjs threw ${String(error)}` }
  }
  for (const [client, owner] of claims) owners.wrote(client, owner)
  return { kind }
}

/** Whether something takes too long again: once, a collection of garbage or the machine may have come between. */
function isSlow(act: () => unknown): boolean {
  const from = cpuMs()
  try {
    act()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  return cpuMs() - from > STALL_MS
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

const elementsOf = (document: Y.Doc) => document.getMap('elements').toJSON()

/** A board that Ada and the server have drawn. */
function board() {
  const document = new Y.Doc()
  for (const client of [1, 2]) {
    document.clientID = client
    const words = new Y.Text('some words')
    document.getMap('elements').set(
      `e${client}`,
      new Y.Map<unknown>([
        ['type', 'text'],
        ['words', words],
      ]),
    )
    words.insert(4, ' more')
    words.delete(1, 2)
  }
  // Yjs takes another name, and says so, when somebody else writes under its own.
  document.clientID = 5
  return {
    document,
    owners: new ClientOwners([
      [1, 'ada'],
      [2, ''],
    ]),
  }
}

test.for(CORPUS)('[G0] what was found stays found: %s', ([, hex]) => {
  const { document, owners } = board()
  const { kind, fault } = faultOf(Uint8Array.from(Buffer.from(hex, 'hex')), document, owners)
  expect([fault, kind === 'taken']).toEqual([undefined, false])
})

test(
  '[G0] whatever the gate takes is whole, readable and loadable, and nothing stalls',
  { timeout: (SECONDS + 60) * 1_000 },
  () => {
    const random = createRandom(SEED)
    const seen = new Map<string, number>()
    let runs = 0
    for (const until = performance.now() + SECONDS * 1_000; performance.now() < until;) {
      const { document, owners } = board()
      const updates = new HostileUpdates(random, [1, 2, 77, 78, 999])
      for (let n = 0; n < PER_BOARD; n++) {
        const update = updates.next(document)
        const { kind, fault } = faultOf(update, document, owners)
        expect(fault, `seed ${SEED}, run ${runs}: ${Buffer.from(update).toString('hex')}`).toBeUndefined()
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
        runs += 1
      }
      document.destroy()
    }
    console.log(`seed ${SEED}: ${runs} updates; ${[...seen].map(([kind, count]) => `${kind} ${count}`).join(', ')}`)
    expect(seen.get('taken') ?? 0).toBeGreaterThan(runs / 50)
    for (const rule of ['gap', 'G1', 'G3', 'G5', 'G6', 'G8', 'G9', 'G10', 'G11', 'G14'])
      expect(seen.get(rule) ?? 0, rule).toBeGreaterThan(0)
  },
)
