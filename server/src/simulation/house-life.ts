import type { RoomId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { messageOf } from '../errors.ts'
import { Convergence } from './convergence.ts'
import { FAULTS } from './faults.ts'
import type { SimulatedClient } from './simulated-client.ts'
import { actorOf, type SimulatedHouse } from './simulated-house.ts'

/** How long people draw and things fail, by the clock of the simulation. */
const ACTIVE_MS = 6_000

/** What goes on in a house: first much of everything, then calm, and then all must be as promised. */
export class HouseLife {
  faults = 0
  convergedAfterMs = 0
  passedOver = 0
  readonly #house: SimulatedHouse
  readonly #endFaults = new Set<() => void>()
  /** Who may be where. The first of each room owns it. */
  readonly #members = new Map<RoomId, SimulatedClient[]>()
  #isActive = true

  constructor(house: SimulatedHouse) {
    this.#house = house
  }

  async live(): Promise<void> {
    const { time, chance, ledger } = this.#house
    await this.#begin()
    for (const client of this.#house.clients) void this.#play(client)
    const owners = [...this.#members.values()].flatMap(([owner]) => (owner ? [this.#own(owner)] : []))
    void this.#fail()
    void this.#compact()
    const end = time.elapsedMs + ACTIVE_MS
    while (time.elapsedMs < end && !ledger.broken) await time.wait(chance.between(50, 150))
    this.#isActive = false
    this.#check()
    await this.#heal()
    // What they asked for last may take the database a while.
    await Promise.all(owners)
    const promises = new Convergence(this.#house, this.#members)
    this.convergedAfterMs = await promises.reached()
    this.passedOver = promises.passedOver
    await promises.hold()
    this.#check()
  }

  #check(): void {
    const { broken } = this.#house.ledger
    if (broken) throw broken
  }

  /** Two or three instances, one or two rooms, and in each some people who draw, and perhaps one who looks. */
  async #begin(): Promise<void> {
    const { chance, time } = this.#house
    const house = this.#house
    for (let left = 2 + chance.below(2); left > 0; left--) house.start()
    await time.wait(50)
    for (let rooms = 1 + chance.below(2); rooms > 0; rooms--) {
      const count = 2 + chance.below(3)
      const names = Array.from({ length: count }, (_, index) => `person ${house.clients.length + index + 1}`)
      const people = await Promise.all(names.map((name) => house.signIn(name.replace(' ', '-'))))
      const [owner, ...others] = people
      if (!owner) throw new Error('a room has an owner')
      const roomId = await house.createRoom(owner)
      const [instance] = house.instances
      for (const { userId } of others) {
        const role = chance.is(0.2) ? 'viewer' : 'editor'
        await house.ask(instance!, () => instance!.members.put(actorOf(owner), roomId, userId, role))
      }
      const clients = people.map((person) => house.addClient(person, roomId))
      this.#members.set(roomId, clients)
      for (const client of clients) client.open()
    }
  }

  /** Somebody draws, loses the network, reloads, goes and comes. */
  async #play(client: SimulatedClient): Promise<void> {
    const { time, note } = {
      time: this.#house.time,
      note: (what: string) => this.#house.note(`${client.name} ${what}`),
    }
    const { chance } = client.parts
    const paceMs = chance.between(100, 700)
    while (this.#isActive) {
      await time.wait(chance.between(0, 2 * paceMs))
      if (!this.#isActive) return
      const dice = chance.next()
      if (dice < 0.8) {
        const what = client.draw()
        if (what) note(what)
      } else if (dice < 0.88) client.point()
      else if (dice < 0.93) this.#goOffline(client)
      else if (dice < 0.96) {
        note('reloads')
        await client.close()
        client.open()
      } else if (dice < 0.98) {
        note('closes the tab')
        await client.close()
        await time.wait(chance.between(100, 3_000))
        client.open()
      } else {
        note('comes anew')
        this.#house.lineOf(client)?.cut()
      }
    }
  }

  /** The network is gone for a while: the line is cut, or says nothing any more. */
  #goOffline(client: SimulatedClient): void {
    const house = this.#house
    const { chance } = client.parts
    if (!client.isOnline) return
    client.isOnline = false
    const line = house.lineOf(client)
    const isSilent = chance.is(0.4)
    house.note(`${client.name} ${isSilent ? 'is cut off without a word' : 'goes offline'}`)
    if (line && isSilent) line.isSilent = true
    else line?.cut()
    const back = () => {
      if (!this.#endFaults.delete(back)) return
      client.isOnline = true
      house.note(`${client.name} has a network again`)
      line?.goOn()
    }
    this.#endFaults.add(back)
    house.time.after(chance.between(100, 3_000), back)
  }

  /** An owner changes who may do what, and at times deletes the room. */
  async #own(owner: SimulatedClient): Promise<void> {
    const house = this.#house
    const { roomId, person } = owner
    const chance = house.chance.fork()
    for (;;) {
      await house.time.wait(chance.between(300, 3_000))
      if (!this.#isActive || house.ledger.roomOf(roomId).isDeleted) return
      const others = this.#others(owner)
      if (chance.is(0.04))
        await this.#try(`${owner.name} deletes the room`, (on) => on.rooms.delete(actorOf(person), roomId))
      else if (others.length > 0) {
        const other = chance.oneOf(others)
        const role = this.#house.ledger.roleOf(roomId, other.person.userId)
        const next: Role | undefined = role === undefined ? 'editor' : chance.oneOf([undefined, 'viewer', 'editor'])
        await this.#setRole(owner, other, next)
      }
    }
  }

  #others(owner: SimulatedClient): SimulatedClient[] {
    return (this.#members.get(owner.roomId) ?? []).filter((client) => client !== owner)
  }

  async #setRole(owner: SimulatedClient, other: SimulatedClient, role: Role | undefined): Promise<void> {
    const [actor, roomId, userId] = [actorOf(owner.person), owner.roomId, other.person.userId]
    if (role === undefined) {
      return await this.#try(`${owner.name} removes ${other.name}`, ({ members }) =>
        members.remove(actor, roomId, userId),
      )
    }
    await this.#try(`${owner.name} makes ${other.name} ${role}`, ({ members }) =>
      members.put(actor, roomId, userId, role),
    )
    // They are told that they may come, and try.
    other.reconnect()
  }

  async #try(
    what: string,
    act: (on: NonNullable<ReturnType<SimulatedHouse['someInstance']>>) => Promise<unknown>,
  ): Promise<void> {
    const house = this.#house
    const instance = house.someInstance()
    if (!instance) return
    house.note(`${what} through ${instance.life.name}`)
    try {
      await house.ask(instance, () => act(instance))
      house.note(`${what}: done`)
    } catch (error) {
      house.note(`${what}: ${messageOf(error)}`)
    }
  }

  /** Snapshots are made, by whichever instance. */
  async #compact(): Promise<void> {
    const house = this.#house
    for (;;) {
      await house.time.wait(house.chance.between(500, 3_000))
      if (!this.#isActive) return
      const instance = house.someInstance()
      const roomId = house.chance.oneOf([...this.#members.keys()])
      if (!instance) continue
      await house
        .ask(instance, () => instance.compaction.compact(roomId))
        .then(
          (snapshot) => snapshot && house.note(`a snapshot up to ${snapshot.seq}`),
          () => undefined,
        )
    }
  }

  /** One thing after the other fails for a while, and at times a second meanwhile. */
  async #fail(): Promise<void> {
    const house = this.#house
    const { chance, time, ledger } = house
    for (;;) {
      await time.wait(chance.between(100, 2_500))
      if (!this.#isActive) return
      const fault = chance.oneOf(FAULTS)
      const end = fault.begin(house)
      if (!end) continue
      this.faults += 1
      house.note(`FAULT ${fault.name}`)
      const isOver = ledger.trouble()
      const over = () => {
        if (!this.#endFaults.delete(over)) return
        end()
        isOver()
        house.note(`over: ${fault.name}`)
      }
      this.#endFaults.add(over)
      time.after(chance.between(200, 4_000), over)
    }
  }

  /** All that fails is over, and all tabs are open. */
  async #heal(): Promise<void> {
    const house = this.#house
    house.note('all is well again')
    for (const end of this.#endFaults) end()
    if (!house.someInstance()) house.start()
    for (const client of house.clients) {
      if (!client.session) {
        await client.close()
        client.open()
      } else if (client.session.status.kind === 'no-access') client.reconnect()
    }
  }
}
