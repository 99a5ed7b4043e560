import { roomIdSchema } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { expect, test } from 'vitest'
import type { DocumentStore, JournalEntry } from './document-store.ts'

const entry = (text: string): JournalEntry => ({ update: new TextEncoder().encode(text), actor: 'ada', at: 1 })
const texts = (tail: readonly { update: Uint8Array }[]) => tail.map(({ update }) => new TextDecoder().decode(update))
const newRoom = () => roomIdSchema.parse(nanoid())

/** The rules of `DocumentStore`; every implementation runs them from its own test file. */
export function testDocumentStore(getStore: () => DocumentStore): void {
  test('[DS1] an append to several rooms answers with the head of each', async () => {
    const [a, b] = [newRoom(), newRoom()]
    const first = await getStore().append([
      { roomId: b, entries: [entry('b1')] },
      { roomId: a, entries: [entry('a1'), entry('a2')] },
    ])
    expect([first.get(a), first.get(b)]).toEqual([2, 1])
    const second = await getStore().append([
      { roomId: a, entries: [entry('a3')] },
      { roomId: b, entries: [] },
    ])
    expect([second.get(a), second.get(b)]).toEqual([3, undefined])
  })

  test('[DS2] numbers have no gaps and follow the order of arrival, also under parallel appends', async () => {
    const roomId = newRoom()
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => getStore().append([{ roomId, entries: [entry(`${n}`), entry(`${n}'`)] }])),
    )
    const { head, tail } = await getStore().load(roomId)
    expect(head).toBe(40)
    expect(tail.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    const order = texts(tail)
    for (let n = 0; n < 20; n++) expect(order.indexOf(`${n}'`)).toBe(order.indexOf(`${n}`) + 1)
  })

  test('[DS3] a room nobody wrote to is empty with head 0', async () => {
    expect(await getStore().load(newRoom())).toEqual({ snapshot: null, snapshotSeq: 0, head: 0, tail: [] })
  })

  test('[DS3] bytes come back as they went in, also empty and large ones', async () => {
    const roomId = newRoom()
    const large = new Uint8Array(300_000).map((_, index) => index % 251)
    await getStore().append([
      {
        roomId,
        entries: [
          { update: new Uint8Array(), actor: null, at: 1 },
          { update: large, actor: null, at: 2 },
        ],
      },
    ])
    const { tail } = await getStore().load(roomId)
    expect(tail.map(({ update }) => update.length)).toEqual([0, large.length])
    expect(Buffer.compare(tail[1]?.update ?? new Uint8Array(), large)).toBe(0)
  })

  test('[DS4] a snapshot replaces the one it was based on, and only that', async () => {
    const roomId = newRoom()
    await getStore().append([{ roomId, entries: ['1', '2', '3'].map(entry) }])
    const snapshot = new TextEncoder().encode('1+2')
    expect(await getStore().saveSnapshot(roomId, snapshot, 2, 0)).toBe(true)
    expect(await getStore().saveSnapshot(roomId, new Uint8Array([9]), 3, 0)).toBe(false)
    const stored = await getStore().load(roomId)
    expect(stored.snapshotSeq).toBe(2)
    expect(texts([{ update: stored.snapshot ?? new Uint8Array() }, ...stored.tail])).toEqual(['1+2', '3'])
    expect(await getStore().saveSnapshot(roomId, snapshot, 3, 2)).toBe(true)
  })

  test('[DS4] a snapshot of more than was appended is refused', async () => {
    const roomId = newRoom()
    expect(await getStore().saveSnapshot(roomId, new Uint8Array([1]), 1, 0)).toBe(false)
    await getStore().append([{ roomId, entries: [entry('1')] }])
    expect(await getStore().saveSnapshot(roomId, new Uint8Array([1]), 2, 0)).toBe(false)
    expect((await getStore().load(roomId)).snapshot).toBeNull()
  })

  test('[DS5] a quarantined record is left out, and the rest keeps its numbers', async () => {
    const roomId = newRoom()
    await getStore().append([{ roomId, entries: ['1', '2', '3'].map(entry) }])
    await getStore().quarantine(roomId, 2, 'does not decode')
    const { head, tail } = await getStore().load(roomId)
    expect(head).toBe(3)
    expect(tail.map(({ seq }) => seq)).toEqual([1, 3])
  })

  test('[DS5] a quarantined snapshot is left out, its updates are read again, and it can be replaced', async () => {
    const roomId = newRoom()
    await getStore().append([{ roomId, entries: ['1', '2'].map(entry) }])
    await getStore().saveSnapshot(roomId, new Uint8Array([0]), 2, 0)
    await getStore().quarantine(roomId, 0, 'does not decode')
    const stored = await getStore().load(roomId)
    expect([stored.snapshot, stored.snapshotSeq, stored.tail.length]).toEqual([null, 0, 2])
    expect(await getStore().saveSnapshot(roomId, new Uint8Array([1]), 2, 0)).toBe(true)
    expect((await getStore().load(roomId)).snapshotSeq).toBe(2)
  })

  test('[DS6] a store that works answers a ping', async () => {
    await expect(getStore().ping()).resolves.toBeUndefined()
  })
}
