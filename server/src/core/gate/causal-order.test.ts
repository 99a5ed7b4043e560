import { expect, test } from 'vitest'
import { craft, element, type CraftedClient, type CraftedStruct } from '../../testing/crafted-update.ts'
import { causalOrder } from './causal-order.ts'
import { KIND } from './read-content.ts'
import { readUpdate, type ReadUpdate } from './read-update.ts'

/** 4,000 clients that wait for one, which waits for the last of them, again and again; with `turns`, the last comes first next time. */
function waitingInTurn({ turns }: { turns: boolean }): Uint8Array {
  const [clients, rounds] = [4_000, 22]
  const letter = (origin: readonly [number, number]): CraftedStruct => ({ kind: KIND.string, string: 'y', origin })
  const letters = (round: number): CraftedStruct => ({
    ...letter([1, 1 + round * clients]),
    string: 'x'.repeat(clients),
    ...(round > 0 && { rightOrigin: [turns && round % 2 === 1 ? 100 : 99 + clients, round - 1] }),
  })
  const others = Array.from({ length: clients }, (_, n): CraftedClient => {
    const place = (round: number) => 2 + round * clients + (!turns || round % 2 === 0 ? n : clients - 1 - n)
    return [100 + n, 0, ...Array.from({ length: rounds }, (_unused, round) => letter([1, place(round)]))]
  })
  const words: CraftedStruct = { kind: KIND.type, type: 2, parent: [1, 0], key: 'words' }
  return craft([
    ...others,
    [1, 0, element('a'), words, ...Array.from({ length: rounds }, (_, round) => letters(round))],
  ])
}

/** What it takes to put an update in order once, in milliseconds. */
function orderingMs(update: ReadUpdate): number {
  const before = performance.now()
  expect(causalOrder(update, () => 0).structs.length).toBeGreaterThan(60_000)
  return performance.now() - before
}

test('[G4] thousands of clients that wait for one cannot make the gate search for their place again and again', () => {
  const [waiting, straight] = [true, false].map((turns) => readUpdate(waitingInTurn({ turns }))) as [
    ReadUpdate,
    ReadUpdate,
  ]
  // Side by side, and the median: the machine may be slow in the middle of either.
  const ratios = Array.from({ length: 9 }, () => orderingMs(waiting) / orderingMs(straight))
  expect(ratios.toSorted((a, b) => a - b)[4]).toBeLessThan(4)
})
