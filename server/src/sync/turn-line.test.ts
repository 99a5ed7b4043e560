import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import * as decoding from 'lib0/decoding'
import { expect, test, vi } from 'vitest'
import type { PersonRates } from '../client-limits.ts'
import { LARGE_BYTES } from './large-reads.ts'
import { Person } from './people.ts'
import { TimeUsed } from './time-used.ts'
import { TurnLine } from './turn-line.ts'
import { Turns } from './turns.ts'

const MANY: PersonRates = {
  messages: { perSecond: 1e6, burst: 1e6 },
  bytes: { perSecond: 1e9, burst: 1e9 },
  cursors: { perSecond: 1e6, burst: 1e6 },
}

const LARGE_MS = 200

/** Messages are told apart by a type of their own: no cursors, nor anything else. */
const FIRST_TYPE = 100

/** Takes the thread for so long. */
function work(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until) continue
}

/** What is handled is written down as its name and number; each takes so long. */
function lines(tookMs: number) {
  let turnsTaken = 0
  const turns = new Turns((run) => {
    turnsTaken += 1
    setImmediate(run)
  })
  const handled: string[] = []
  const told: string[] = []
  const reading = new Map<string, boolean>()
  const line = (
    name: string,
    { rates = MANY, maxFrames = 1_000, tellAfterMs = 1e6, person = new Person(rates, performance.now()) } = {},
  ) => {
    reading.set(name, true)
    const made = new TurnLine({
      turns,
      person,
      limits: { maxFrames, maxBytes: 1e6, tellAfterMs, closeAfterMs: 1e6 },
      roomTime: new TimeUsed(),
      mayHandleNow: () => true,
      handle: ({ type, decoder }) => {
        handled.push(`${name}${type === MESSAGE.awareness ? `:${decoder.arr.at(-1)}` : type - FIRST_TYPE}`)
        work(decoder.arr.length > LARGE_BYTES ? LARGE_MS : tookMs)
      },
      pause: () => reading.set(name, false),
      resume: () => reading.set(name, true),
      waits: () => undefined,
      onTooFast: () => told.push(name),
      onNeverStops: () => undefined,
    })
    const sendOf = (bytes: number, ...numbers: number[]) => {
      for (const number of numbers) {
        const decoder = decoding.createDecoder(new Uint8Array(bytes))
        made.receive({ address: 'r', type: FIRST_TYPE + number, decoder, arrivedAt: 0 })
      }
    }
    const send = (...numbers: number[]) => sendOf(10, ...numbers)
    const move = (client: number, ...clocks: number[]) => {
      for (const clock of clocks) {
        const decoder = decoding.createDecoder(Uint8Array.of(3, 1, client, clock))
        made.receive({ address: 'r', type: MESSAGE.awareness, decoder, arrivedAt: 0 })
      }
    }
    return { send, sendOf, move, line: made, isRead: () => reading.get(name) }
  }
  return { line, handled, told, turnsTaken: () => turnsTaken }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('a message that nothing is before is handled at once', () => {
  const { line, handled } = lines(0)
  line('ada').send(1)
  expect(handled).toEqual(['ada1'])
})

test('who has used least comes first, and each line keeps its order', async () => {
  const { line, handled } = lines(1)
  const [eve, ada] = [line('eve'), line('ada')]
  eve.send(...upTo(40))
  const before = handled.length
  expect(before).toBeLessThan(20)
  ada.send(0, 1, 2)
  await vi.waitFor(() => expect(handled).toHaveLength(43))
  expect(handled.filter((each) => each.startsWith('ada'))).toEqual(['ada0', 'ada1', 'ada2'])
  expect(handled.indexOf('ada2')).toBeLessThan(before + 10)
  expect(handled.filter((each) => each.startsWith('eve'))).toEqual(upTo(40).map((n) => `eve${n}`))
})

test('a line that is held keeps what comes, and nobody waits for it', async () => {
  const { line, handled } = lines(0)
  const [eve, ada] = [line('eve'), line('ada')]
  eve.line.hold()
  eve.send(1, 2)
  ada.send(1)
  expect(handled).toEqual(['ada1'])
  eve.line.release()
  eve.send(3)
  await vi.waitFor(() => expect(handled).toEqual(['ada1', 'eve1', 'eve2', 'eve3']))
})

test('of more than may wait, no more is read until half of it is handled', async () => {
  const { line, handled } = lines(1)
  const eve = line('eve', { maxFrames: 10 })
  eve.send(...upTo(30))
  expect(eve.isRead()).toBe(false)
  await vi.waitFor(() => expect(eve.isRead()).toBe(true), { interval: 1 })
  expect(handled.length).toBeLessThan(30)
})

test('what one may send is counted on all sockets together; more than that waits, and others do not', async () => {
  const { line, handled } = lines(0)
  const rates = { ...MANY, messages: { perSecond: 20, burst: 10 } }
  const person = new Person(rates, performance.now())
  const [one, two, ada] = [line('one', { person }), line('two', { person }), line('ada')]
  one.send(...upTo(10))
  two.send(...upTo(5))
  ada.send(1)
  await vi.waitFor(() => expect(handled).toContain('ada1'))
  expect(handled).not.toContain('two4')
  await vi.waitFor(() => expect(handled).toContain('two4'))
  expect(handled).toHaveLength(16)
})

test('who floods a second time, after all of the first was handled, is told again before they are closed', async () => {
  const { line, handled, told } = lines(0)
  const rates = { ...MANY, messages: { perSecond: 200, burst: 5 } }
  const eve = line('eve', { rates, maxFrames: 10, tellAfterMs: 0 })
  for (const floods of [1, 2]) {
    eve.send(...upTo(40))
    await vi.waitFor(() => expect(handled).toHaveLength(40 * floods))
    expect(told).toHaveLength(floods)
  }
})

test('a stay that ends while its messages wait ends with them', async () => {
  const { line, handled } = lines(1)
  const [eve, ada] = [line('eve', { maxFrames: 10 }), line('ada')]
  eve.send(...upTo(30))
  const before = handled.length
  eve.line.close()
  expect(eve.isRead()).toBe(true)
  ada.send(1)
  await vi.waitFor(() => expect(handled).toContain('ada1'))
  expect(handled).toHaveLength(before + 1)
})

test('cursors without end cannot hold up what is drawn: of each that waits, only the newest counts', async () => {
  const { line, handled } = lines(0)
  const eve = line('eve', { rates: { ...MANY, cursors: { perSecond: 10, burst: 5 } } })
  eve.move(7, ...upTo(100))
  eve.move(8, ...upTo(50))
  eve.send(4)
  await vi.waitFor(() => expect(handled).toContain('eve4'))
  expect(handled.length).toBeLessThan(8)
  await vi.waitFor(() => expect(handled.slice(-2).sort()).toEqual(['eve:49', 'eve:99']))
  expect(handled.length).toBeLessThan(10)
})

test('after a large message the next large one, whoever sends it, waits for as long as it took, and no other', async () => {
  const { line, handled } = lines(0)
  const [eve, mallory, ada] = [line('eve'), line('mallory'), line('ada')]
  eve.sendOf(300_000, 0)
  mallory.sendOf(300_000, 0)
  ada.send(0)
  // Of what waits in a line, the cursors need not wait for what is large.
  mallory.move(7, 1)
  await vi.waitFor(() => expect(handled).toHaveLength(4), { interval: 1 })
  expect(handled[0]).toBe('eve0')
  expect(handled[3]).toBe('mallory0')
})

test('while a large message and a cursor wait, each for its own reason, nothing is done over and over', async () => {
  const { line, handled, turnsTaken } = lines(0)
  const [eve, mallory] = [line('eve'), line('mallory', { rates: { ...MANY, cursors: { perSecond: 0.01, burst: 1 } } })]
  mallory.move(7, 1, 2)
  eve.sendOf(300_000, 0)
  mallory.sendOf(300_000, 0)
  mallory.move(7, 3)
  await vi.waitFor(() => expect(handled).toEqual(['mallory:1', 'mallory:2', 'eve0', 'mallory0']), { interval: 1 })
  expect(turnsTaken()).toBeLessThan(10)
})
