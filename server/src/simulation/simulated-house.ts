import { createHash } from 'node:crypto'
import { IDBFactory } from 'fake-indexeddb'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { LEAST_VALIDITY_MS, RENEW_BEFORE_MS } from '@sketchroom/shared/protocol/token-renewal'
import * as decoding from 'lib0/decoding'
import { pino, type Logger } from 'pino'
import { readReceived } from '../../../client/canvas/src/collab/sync-client.ts'
import { Chance } from './chance.ts'
import { Ledger } from './ledger.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { SimulatedClient, type Person } from './simulated-client.ts'
import { SimulatedDatabase } from './simulated-database.ts'
import { SimulatedInstance } from './simulated-instance.ts'
import { SimulatedLine } from './simulated-line.ts'
import { SimulatedRedis } from './simulated-redis.ts'
import { Life, VirtualTime } from './virtual-time.ts'

const SERVER_URL = 'http://simulated'
/** What is drawn, and whose cursor is where: what somebody who was removed must not hear. */
const OF_THE_ROOM: ReadonlySet<number> = new Set([MESSAGE.sync, MESSAGE.syncReply, MESSAGE.awareness])
/** How long tabs may take to close. */
const END_MS = 10_000
/** How a browser says that nobody answered. */
const NO_ANSWER = 1006

/** A database, a Redis, instances and people in one process, under one clock. All that happens by chance is the seed's. */
export class SimulatedHouse {
  readonly time: VirtualTime
  readonly chance: Chance
  readonly database: SimulatedDatabase
  readonly redis: SimulatedRedis
  readonly ledger: Ledger
  readonly instances: SimulatedInstance[] = []
  readonly clients: SimulatedClient[] = []
  /** What has happened, newest last. */
  readonly trace: string[] = []
  readonly #hash = createHash('sha256')
  readonly #bug: PlantedBug | undefined
  readonly #log: Logger
  readonly #lines = new Map<SimulatedLine, SimulatedClient>()
  readonly #network: Chance
  readonly #tokens = new Map<SimulatedClient, { readonly token: string; readonly until: number }>()
  #started = 0

  constructor(seed: number, bug: PlantedBug | undefined) {
    const chance = new Chance(seed)
    this.time = new VirtualTime(chance.fork().next)
    this.database = new SimulatedDatabase(this.time, chance.fork())
    this.redis = new SimulatedRedis(this.time, chance.fork())
    this.#network = chance.fork()
    this.chance = chance
    this.#bug = bug
    this.ledger = new Ledger(this.time, this.database)
    this.#log = pino({ level: 'warn', base: null, timestamp: false }, { write: (line) => this.#logged(line) })
    this.database.on('committed', ({ by, roomId, firstSeq, entries }) =>
      this.note(`committed by ${by.name}: ${this.#nameOf(roomId)} ${firstSeq}..${firstSeq + entries.length - 1}`),
    )
  }

  /** What has happened, in a few letters: two runs of one seed have the same. */
  get hash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }

  /** Something has happened. */
  note(what: string): void {
    const line = `${(this.time.elapsedMs / 1_000).toFixed(3)} ${what}`
    this.trace.push(line)
    this.#hash.update(`${line}\n`)
  }

  /** Runs something in which the globals of a browser are this house's. */
  async within<T>(act: () => Promise<T>): Promise<T> {
    const { WebSocket, BroadcastChannel, indexedDB } = globalThis
    Object.assign(globalThis, {
      WebSocket: socketsOf(this),
      BroadcastChannel: SilentChannel,
      indexedDB: new IDBFactory(),
    })
    try {
      return await this.time.run(act)
    } finally {
      Object.assign(globalThis, { WebSocket, BroadcastChannel, indexedDB })
    }
  }

  /** All tabs are closed, and nothing goes on: the app keeps a list of the sessions that are open, and it would keep all of this. */
  async end(): Promise<void> {
    const closed = Promise.all(this.clients.map((client) => client.close()))
    await Promise.race([closed, this.time.wait(END_MS)])
    for (const { life } of [...this.clients, ...this.instances]) life.isOver = true
  }

  /** Starts an instance, in its own life. */
  start(): SimulatedInstance {
    const name = `instance ${(this.#started += 1)}`
    const { time, redis, database } = this
    const life = new Life(name)
    const parts = {
      redis,
      log: this.#log,
      bug: this.#bug,
      connectDatabase: (by: Life) => database.connect(by),
    }
    const instance = time.as(life, () => new SimulatedInstance(life, parts))
    this.instances.push(instance)
    this.note(`${name} starts`)
    return instance
  }

  /** An instance that takes whoever comes. */
  someInstance(): SimulatedInstance | undefined {
    const ready = this.instances.filter(({ isReady }) => isReady)
    return ready.length > 0 ? this.#network.oneOf(ready) : undefined
  }

  /** Has an instance do something, in its name; rejects when it dies meanwhile. */
  ask<T>(instance: SimulatedInstance, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.time.as(instance.life, () => void act().then(resolve, reject))
      const watch = this.time.after(
        10,
        () => {
          if (!instance.life.isOver) return
          watch.isCancelled = true
          reject(new Error('the instance has died'))
        },
        { everyMs: 10 },
      )
    })
  }

  /** Somebody signs in, on the first instance. */
  async signIn(name: string): Promise<Person> {
    const [instance] = this.instances as [SimulatedInstance]
    const { accessToken } = await this.ask(instance, () => instance.accounts.guest(name))
    const actor = instance.tokens.verify(accessToken)
    if (actor.kind !== 'user') throw new Error('a guest is a person')
    return { name, userId: actor.userId, sessionId: actor.sessionId }
  }

  /** A private room with its owner. */
  async createRoom(owner: Person): Promise<RoomId> {
    const [instance] = this.instances as [SimulatedInstance]
    const id = roomIdSchema.parse(`simulated-room-${this.ledger.rooms.size}`)
    await this.ask(instance, () =>
      instance.rooms.create(actorOf(owner), { id, name: 'A board', metadata: {}, access: 'private' }),
    )
    this.ledger.roomOf(id)
    return id
  }

  /** A device of somebody's, for one room. */
  addClient(person: Person, roomId: RoomId, storage?: 'none'): SimulatedClient {
    const client = new SimulatedClient({
      person,
      roomId,
      storage: this.#bug?.isForgetful ? 'none' : (storage ?? { person: person.userId }),
      time: this.time,
      chance: this.chance.fork(),
      serverUrl: SERVER_URL,
      fetchToken: (by, isRefused) => this.#fetchToken(by, isRefused),
      note: (what) => this.note(what),
      onSaved: ({ name, drawn }) => {
        const lacking = this.ledger.lacking(roomId, drawn)
        if (lacking) this.ledger.break(`${name} says "Saved", and ${lacking} is not committed`)
      },
    })
    this.clients.push(client)
    return client
  }

  /** The line that a device has, if it has one. */
  lineOf(client: SimulatedClient): SimulatedLine | undefined {
    for (const [line, of] of this.#lines) if (of === client && line.isOpen) return line
    return undefined
  }

  /** The device that a life is of. */
  clientIn(life: Life | undefined): SimulatedClient | undefined {
    return this.clients.find((client) => client.life === life)
  }

  /** A device wants a line to any instance. */
  connect(
    client: SimulatedClient,
    tell: { opened: () => void } & Pick<SimulatedLine['parts'], 'onFrame' | 'onClosed'>,
  ): Connecting {
    const connecting: Connecting = { line: undefined, isGivenUp: false }
    const { time } = this
    time.after(this.#network.between(1, 30), () => {
      const instance = client.isOnline ? this.someInstance() : undefined
      if (connecting.isGivenUp) return
      if (!instance) return tell.onClosed(NO_ANSWER, '')
      const line = new SimulatedLine({
        time,
        chance: this.#network,
        client: client.life,
        server: instance.life,
        onFrame: (frame) => {
          this.#heard(client, frame)
          tell.onFrame(frame)
        },
        onClosed: (code, reason) => {
          this.#lines.delete(line)
          this.note(`${client.name} is off the line: ${code} ${reason}`)
          tell.onClosed(code, reason)
        },
        onSent: (frame) => this.#sent(client, frame),
      })
      connecting.line = line
      this.#lines.set(line, client)
      this.note(`${client.name} is on the line to ${instance.life.name}`)
      time.as(instance.life, () => instance.accept(line, `10.0.0.${this.clients.indexOf(client)}`))
      tell.opened()
    })
    return connecting
  }

  /** The client has hung up by itself. */
  forget(line: SimulatedLine): void {
    this.#lines.delete(line)
  }

  /** The app keeps a token for as long as it may be used, unless it was refused. */
  async #fetchToken(client: SimulatedClient, isRefused: boolean): Promise<string> {
    const { person } = client
    const kept = this.#tokens.get(client)
    if (kept && !isRefused && kept.until > this.time.now) return kept.token
    await this.time.wait(this.#network.between(1, 30))
    const instance = client.isOnline ? this.someInstance() : undefined
    if (!instance) throw new TypeError('fetch failed')
    const lastsMs = this.#network.between(LEAST_VALIDITY_MS / 2, LEAST_VALIDITY_MS * 1.5)
    const token = instance.mintToken(person, lastsMs)
    this.#tokens.set(client, { token, until: this.time.now + lastsMs - RENEW_BEFORE_MS })
    return token
  }

  #heard(client: SimulatedClient, frame: Uint8Array): void {
    const message = readReceived(frame)
    if (message?.kind === 'notice' && message.notice.type === 'refused') {
      this.note(`${client.name} is refused something: ${message.notice.reason} ${message.notice.detail ?? ''}`)
    }
    if (message?.kind !== 'answer') return
    if (message.durable) this.ledger.acknowledged(client.name, client.roomId, message.durable)
  }

  #sent(client: SimulatedClient, frame: Uint8Array): void {
    if (frame.length === 1) return
    const decoder = decoding.createDecoder(frame)
    decoding.readVarString(decoder)
    const type = decoding.readVarUint(decoder)
    if (OF_THE_ROOM.has(type))
      this.ledger.told(client.name, client.roomId, client.person.userId, `a message of type ${type}`)
  }

  #nameOf(roomId: RoomId): string {
    return roomId.replace('simulated-', '')
  }

  #logged(line: string): void {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } }
    this.note(`log: ${msg ?? ''}${err?.message ? ` (${err.message})` : ''}`)
  }
}

/** A line that is being made. */
interface Connecting {
  line: SimulatedLine | undefined
  isGivenUp: boolean
}

/** Somebody as the instances know them by their token. */
export function actorOf({ userId, sessionId }: Person) {
  return { kind: 'user', userId, sessionId, expiresAt: Infinity } as const
}

/** Nobody has two tabs here. The app keeps one channel for as long as it runs, and with it whoever listens. */
class SilentChannel {
  addEventListener(): void {}
  removeEventListener(): void {}
  postMessage(): void {}
  close(): void {}
}

/** The browser's class of sockets, of which the app makes its own. */
function socketsOf(house: SimulatedHouse) {
  return class BrowserSocket {
    static readonly OPEN = 1
    binaryType = 'arraybuffer'
    readyState = 0
    onopen: (() => void) | null = null
    onclose: ((event: { code: number; reason: string }) => void) | null = null
    onmessage: ((event: { data: ArrayBuffer }) => void) | null = null
    readonly #connecting: Connecting

    constructor() {
      const client = house.clientIn(house.time.life)
      if (!client) throw new Error('nobody opens this socket')
      this.#connecting = house.connect(client, {
        opened: () => {
          this.readyState = BrowserSocket.OPEN
          this.onopen?.()
        },
        onFrame: (frame) => this.onmessage?.({ data: frame.buffer }),
        onClosed: (code, reason) => {
          this.readyState = 3
          this.onclose?.({ code, reason })
        },
      })
    }

    send(frame: Uint8Array): void {
      this.#connecting.line?.send(frame)
    }

    close(): void {
      this.readyState = 3
      this.#connecting.isGivenUp = true
      const { line } = this.#connecting
      if (!line?.isOpen) return
      house.forget(line)
      line.hangUp()
    }
  }
}
