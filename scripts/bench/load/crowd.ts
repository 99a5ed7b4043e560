import { setTimeout as wait } from 'node:timers/promises'
import { decodeUpdate } from 'yjs'
import { boardUpdates } from './board.ts'
import { join } from './client.ts'
import { RoomFrames } from './dialects.ts'
import { EditSource } from './edit-source.ts'
import { Joiner, type Arrival } from './joiner.ts'
import type { CrowdOptions } from './load-calls.ts'
import { Writer } from './writer.ts'

/** One of so many is a witness. */
const WITNESS_EVERY = 10
/** When nothing has come for so long, nothing more does. */
const QUIET_MS = 300
/** What takes longer than this is not slow but broken. */
const PATIENCE_MS = 60_000

/** What a message brings. */
interface Content {
  /** Of Yjs's clocks: more than the board's when it holds all of it. */
  readonly ticks: number
  readonly hasEdit: boolean
}

let crowds = 0

/**
 * Somebody makes an edit, and before it can have settled, all the others connect at once. Resolves with how many
 * milliseconds each then waited until it had the board and the edit; throws when one never had.
 */
export async function gatherCrowd({ dialect, room, elements, people }: CrowdOptions): Promise<number[]> {
  const frames = new RoomFrames(dialect, room)
  const source = new EditSource(5000 + crowds++)
  const { socket } = await join(frames, room, { answers: false })
  const writer = new Writer(source, frames, socket)
  writer.begin()
  await socket.ping()

  const joiners = Array.from({ length: people }, (_, n) => new Joiner(frames, n % WITNESS_EVERY === 0))
  writer.send(1)
  const start = performance.now()
  await Promise.all(joiners.map((joiner) => joiner.join(room)))
  await untilQuiet(joiners)
  for (const each of [...joiners, socket]) each.end()

  const contents = contentsOf(joiners, source)
  const boardTicks = boardUpdates(elements).reduce((sum, update) => sum + readContent(update, source).ticks, 0)
  return joiners.map(({ arrivals }) => completedAt(arrivals, contents, boardTicks) - start)
}

async function untilQuiet(joiners: readonly Joiner[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  const count = () => joiners.reduce((sum, { arrivals }) => sum + arrivals.length, 0)
  for (let before = -1; ; before = count()) {
    if (performance.now() > deadline) throw new Error('some of a crowd were never told the document')
    await wait(QUIET_MS)
    if (count() === before && joiners.every(({ isAnswered }) => isAnswered)) return
  }
}

/** What each message brought. One that was let go is taken to have brought what a witness's of its length did. */
function contentsOf(joiners: readonly Joiner[], source: EditSource): ReadonlyMap<Arrival, Content> {
  const arrivals = joiners.flatMap((joiner) => joiner.arrivals)
  const contents = new Map<Arrival, Content>()
  const byLength = new Map<number, Content>()
  for (const arrival of arrivals) {
    if (!arrival.update) continue
    const content = readContent(arrival.update, source)
    contents.set(arrival, content)
    byLength.set(arrival.bytes, content)
  }
  for (const arrival of arrivals) {
    if (arrival.update) continue
    const content = byLength.get(arrival.bytes)
    if (!content) throw new Error(`no witness was sent a message of ${arrival.bytes} bytes`)
    contents.set(arrival, content)
  }
  return contents
}

/** When a joiner had all of the board and the edit. */
function completedAt(
  arrivals: readonly Arrival[],
  contents: ReadonlyMap<Arrival, Content>,
  boardTicks: number,
): number {
  let [ticks, isAnswered, hasEdit] = [0, false, false]
  for (const arrival of arrivals) {
    const content = contents.get(arrival)
    ticks += content?.ticks ?? 0
    isAnswered ||= arrival.isAnswer
    hasEdit ||= content?.hasEdit ?? false
    if (isAnswered && hasEdit && ticks >= boardTicks) return arrival.at
  }
  throw new Error(`somebody never had the board: answered ${isAnswered}, edit ${hasEdit}, ${ticks} of ${boardTicks}`)
}

function readContent(update: Uint8Array, { client, openingTicks }: EditSource): Content {
  const { structs } = decodeUpdate(update)
  let [ticks, hasEdit] = [0, false]
  for (const { id, length } of structs) {
    if (id.client !== client) ticks += length
    else if (id.clock + length > openingTicks) hasEdit = true
  }
  return { ticks, hasEdit }
}
