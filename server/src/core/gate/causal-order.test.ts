import { expect, test } from 'vitest'
import { craft, element, type CraftedClient, type CraftedStruct } from '../../testing/crafted-update.ts'
import { causalOrder } from './causal-order.ts'
import { KIND } from './read-content.ts'
import { readUpdate } from './read-update.ts'

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

/** What it takes to put an update in order, at best, in milliseconds. */
function orderingMs(bytes: Uint8Array): number {
  const update = readUpdate(bytes)
  const runs = Array.from({ length: 7 }, () => {
    const before = performance.now()
    expect(causalOrder(update, () => 0).structs.length).toBeGreaterThan(60_000)
    return performance.now() - before
  })
  return Math.min(...runs)
}

test('[G4] thousands of clients that wait for one cannot make the gate search for their place again and again', () => {
  expect(orderingMs(waitingInTurn({ turns: true }))).toBeLessThan(3 * orderingMs(waitingInTurn({ turns: false })))
})
