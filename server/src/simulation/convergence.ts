import type { RoomId } from '@sketchroom/shared/ids'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import { elementsOf } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import type { TrueRoom } from './ledger.ts'
import type { SimulatedClient } from './simulated-client.ts'
import type { SimulatedHouse } from './simulated-house.ts'

/** So long after all is well again, everybody must have the same. A line that is dead without a word is noticed after 35 s. */
const CONVERGED_WITHIN_MS = 60_000
/** By then cursors are shown of those who are here, and of nobody else: of who left unheard, one stays for 30 s. */
const CURSORS_WITHIN_MS = 45_000
const LOOK_EVERY_MS = 500
/** An instance in which nobody was has read what it missed by then. */
const WITNESS_MS = 10_000

/** What everybody must have once all is well again, and by when. */
export class Convergence {
  /** Of how many people something can never be saved, by a fault that is known: see `stuckAmong`. */
  passedOver = 0
  readonly #house: SimulatedHouse
  readonly #members: ReadonlyMap<RoomId, readonly SimulatedClient[]>

  /** `members` are the people of each room, of whom the first owns it. */
  constructor(house: SimulatedHouse, members: ReadonlyMap<RoomId, readonly SimulatedClient[]>) {
    this.#house = house
    this.#members = members
  }

  /** Resolves when everybody has the same, with how long that took, in milliseconds. */
  async reached(): Promise<number> {
    const { time } = this.#house
    const from = time.elapsedMs
    for (;;) {
      const [lacking, misplaced] = [this.#lacking(), this.#misplaced()]
      if (this.#house.ledger.broken) throw this.#house.ledger.broken
      if (!lacking && !misplaced) break
      const calmMs = time.elapsedMs - from
      if (lacking && calmMs > CONVERGED_WITHIN_MS) this.#break(`after ${calmMs / 1_000} s of calm, ${lacking}`)
      if (misplaced && !lacking && calmMs > CURSORS_WITHIN_MS)
        this.#break(`after ${calmMs / 1_000} s of calm, ${misplaced}`)
      this.#pressAgain()
      await time.wait(LOOK_EVERY_MS)
    }
    this.#house.note('everybody has the same')
    return time.elapsedMs - from
  }

  #break(how: string): never {
    this.#house.ledger.break(how)
    throw this.#house.ledger.broken as Error
  }

  /** Who may come, and was told otherwise a moment before that was so, tries again. */
  #pressAgain(): void {
    const { ledger, clients } = this.#house
    for (const client of clients) {
      const isAway = client.session?.status.kind === 'no-access'
      if (isAway && ledger.roleOf(client.roomId, client.person.userId) !== undefined) client.reconnect()
    }
  }

  /** What of the drawings is not yet as it must be, in words. */
  #lacking(): string | undefined {
    const { ledger } = this.#house
    this.passedOver = 0
    for (const [roomId, members] of this.#members) {
      const room = ledger.roomOf(roomId)
      const roleOf = ({ person }: SimulatedClient) =>
        room.isDeleted ? undefined : ledger.roleOf(roomId, person.userId)
      const stuck = stuckAmong(members, roleOf, room)
      for (const client of members) {
        const mayHope = roleOf(client) !== undefined && client.session?.status.kind !== 'saved'
        if (mayHope && stuck.has(client) && client.session?.status.kind !== 'read-only') this.passedOver += 1
        const lacking = lackingOf(client, roleOf(client), room, stuck.has(client))
        if (lacking) return `${client.name} ${lacking}`
      }
    }
    return undefined
  }

  /** Whose cursors are shown that should not be, or not shown, in words. */
  #misplaced(): string | undefined {
    const { ledger, instances } = this.#house
    for (const [roomId, members] of this.#members) {
      if (ledger.roomOf(roomId).isDeleted) continue
      const here = members.filter(({ person }) => ledger.roleOf(roomId, person.userId) !== undefined)
      const names = new Map(here.map(({ name, session }) => [session?.awareness.clientID, name]))
      const inWords = (clients: Iterable<number>) =>
        [...clients]
          .map((client) => names.get(client) ?? client)
          .sort()
          .join()
      const expected = [...names.values()].sort().join()
      for (const { name, session } of here) {
        const seen = inWords(session?.awareness.getStates().keys() ?? [])
        if (seen !== expected) return `${name} sees the cursors of ${seen}, and ${expected} are here`
      }
      for (const instance of instances.filter(({ life }) => !life.isOver)) {
        const shown = instance.cursorsIn(roomId)
        if (shown && inWords(shown) !== expected)
          return `${instance.life.name} shows ${inWords(shown)}, and ${expected} are here`
      }
    }
    return undefined
  }

  /** Whoever comes to any instance now finds the same. */
  async hold(): Promise<void> {
    const house = this.#house
    for (const [roomId, [owner]] of this.#members) {
      const { doc, isDeleted } = house.ledger.roomOf(roomId)
      if (isDeleted || !owner) continue
      for (const instance of house.instances.filter(({ isReady }) => isReady)) {
        const isElsewhere = house.instances.filter((other) => other !== instance && other.isReady)
        for (const other of isElsewhere) other.isReady = false
        const witness = house.addClient(owner.person, roomId, 'none')
        witness.open()
        const until = house.time.elapsedMs + WITNESS_MS
        const seesAll = () => witness.session !== undefined && wordsOf(witness.session.doc) === wordsOf(doc)
        while (!seesAll() && house.time.elapsedMs < until) await house.time.wait(LOOK_EVERY_MS)
        const hasSeenAll = seesAll()
        await witness.close()
        for (const other of isElsewhere) other.isReady = true
        if (!hasSeenAll) this.#break(`who comes to ${instance.life.name} finds something else than what is stored`)
      }
    }
  }
}

/**
 * Those of whose edits some can never be saved, and those who have drawn on that or have it on their screens: what was told
 * before its commit was lost with its instance, and who drew it may not draw any more, or another has brought a part of it, and
 * the number is theirs. See docs/reliability.md, "Simulated".
 */
function stuckAmong(
  members: readonly SimulatedClient[],
  roleOf: (client: SimulatedClient) => Role | undefined,
  { doc, owners }: TrueRoom,
): ReadonlySet<SimulatedClient> {
  const lacks = (client: number, clock: number) => Y.getState(doc.store, client) < clock
  const mayNotBring = (client: SimulatedClient) => {
    const role = roleOf(client)
    return (!role || !mayDraw(role)) && [...client.drawn].some(([one, clock]) => lacks(one, clock))
  }
  const isTaken = ({ drawn, person }: SimulatedClient) =>
    [...drawn.keys()].some((one) => (owners.get(one) ?? person.userId) !== person.userId)
  const stuck = new Set(members.filter((client) => mayNotBring(client) || isTaken(client)))
  for (let before = -1; before !== stuck.size;) {
    before = stuck.size
    for (const client of members) {
      const { clients } = client.session?.doc.store ?? { clients: new Map<number, unknown>() }
      const isStuck = [...clients.keys()].some((one) => {
        const author = members.find(({ drawn }) => drawn.has(one))
        const store = client.session?.doc.store
        return author !== undefined && stuck.has(author) && store && lacks(one, Y.getState(store, one))
      })
      if (isStuck) stuck.add(client)
    }
  }
  return stuck
}

/** What a client has not yet that it must have, in words. */
function lackingOf(
  { session, drawn, unsent }: SimulatedClient,
  role: Role | undefined,
  { doc: truth }: TrueRoom,
  isStuck: boolean,
): string | undefined {
  if (!session) return 'has no tab'
  const { status } = session
  if (role === undefined) return status.kind === 'no-access' ? undefined : `has no access, and is told "${status.kind}"`
  if (isStuck && status.kind !== 'saved') {
    const isBehind = [...truth.store.clients.keys()].some(
      (client) => Y.getState(session.doc.store, client) < Y.getState(truth.store, client),
    )
    return isBehind ? 'has not all that is stored' : undefined
  }
  const hasSame = wordsOf(session.doc) === wordsOf(truth)
  if (!mayDraw(role)) {
    if (status.kind !== 'read-only') return `looks, and is told "${status.kind}"`
    return unsent === 0 && !hasSame ? 'sees something else than what is stored' : undefined
  }
  if (status.kind !== 'saved') return `is told "${status.kind}"`
  for (const [client, clock] of drawn) {
    if (Y.getState(truth.store, client) < clock) return `has drawn something as ${client} that is not stored`
  }
  return hasSame ? undefined : 'sees something else than what is stored'
}

/** All that a document says, in words; the same of documents that say the same. */
function wordsOf(doc: Y.Doc): string {
  const elements = [...elementsOf(doc)].map(([id, element]) => {
    const keys = element instanceof Y.Map ? [...element].sort(([a], [b]) => (a < b ? -1 : 1)) : [String(element)]
    return `${id} ${JSON.stringify(keys)}`
  })
  return elements.sort().join('\n')
}
