import { expect, test } from 'vitest'
import { BatchShares, OVERHEAD_BYTES, weightOf } from './batch-shares.ts'

/** A room with entries of these lengths, in bytes. */
function room(...lengths: number[]) {
  const entries = lengths.map((length) => ({ update: new Uint8Array(length) }))
  return { entries, bytes: entries.reduce((sum, entry) => sum + weightOf(entry), 0) }
}
type Room = ReturnType<typeof room>

/** What is left of a room when so many of its entries have gone. */
const after = ({ entries }: Room, count: number) => room(...entries.slice(count).map(({ update }) => update.length))

test('what fits goes, all of it', () => {
  const rooms = [room(10, 20), room(500_000)]
  expect([...new BatchShares().take(rooms).values()]).toEqual([2, 1])
})

test('of rooms with more than fits, each has as much, and who has little has all', () => {
  const [eve, mallory, ada] = [room(...Array(50).fill(50_000)), room(...Array(500).fill(5_000)), room(10)]
  const taken = new BatchShares().take([eve, mallory, ada])
  expect(taken.get(ada)).toBe(1)
  const bytesOf = (each: Room) => (taken.get(each) ?? 0) * ((each.entries[0]?.update.length ?? 0) + OVERHEAD_BYTES)
  for (const each of [eve, mallory]) {
    expect(bytesOf(each)).toBeGreaterThan(430_000)
    expect(bytesOf(each)).toBeLessThan(570_000)
  }
})

test('what is larger than a batch goes when nothing else waits, and then alone', () => {
  const [one, other] = [room(7_000_000), room(7_000_000)]
  expect([...new BatchShares().take([one, other])]).toEqual([[one, 1]])
})

test('while others write, what is larger than a batch goes with every third', () => {
  const shares = new BatchShares()
  let large = room(...Array(3).fill(7_000_000))
  const batches = Array.from({ length: 9 }, () => {
    const count = shares.take([large, room(100)]).get(large) ?? 0
    large = after(large, count)
    return count
  })
  expect(batches).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1])
})

test('nobody is left out for ever, however many write', () => {
  const shares = new BatchShares()
  // More of them than go into a batch, and they have written again each time that one goes.
  let rooms = Array.from({ length: 10_000 }, (_, n) => room(n < 9_000 ? 10 : 20))
  const served = new Set<number>()
  const names = new Map(rooms.map((each, n) => [each, n]))
  for (let batch = 0; batch < 20; batch++) {
    const taken = shares.take(rooms)
    for (const each of taken.keys()) served.add(names.get(each) ?? NaN)
    rooms = [...rooms.filter((each) => !taken.has(each)), ...taken.keys()]
  }
  expect(served.size).toBe(10_000)
})
