import { EventEmitter } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { Redis } from '@hocuspocus/extension-redis'
import type { RoomId } from '@sketchroom/shared/ids'
import { Redis as RedisClient, type RedisOptions } from 'ioredis'
import { nanoid } from 'nanoid'
import type { Logger } from 'pino'
import type { BusEvents, InstanceBus, SharedCommit, SharedStay } from '../../ports/instance-bus.ts'
import type { Tracing } from '../../ports/tracing.ts'
import {
  decodeAnswer,
  decodeInstanceMessage,
  decodeRoomMessage,
  encodeAnswer,
  encodeInstanceMessage,
  encodeRoomMessage,
  type InstanceMessage,
  type RoomMessage,
} from './bus-messages.ts'
import { OtherInstances } from './other-instances.ts'
import { SharedTraces } from './shared-traces.ts'
import { StaysDirectory } from './stays-directory.ts'

/** How often each instance says that it is there, and hears that of itself. */
const ALIVE_EVERY_MS = 1_000
/** Redis that has not given back what this instance said of itself for so long is frozen, or out of reach. */
const DOWN_AFTER_MS = 2_500
const LONGEST_RETRY_MS = 1_000
const CONNECT_MS = 2_000
/** While Redis does not answer, no more than this waits for it: what is left out is read from the store later. */
const MAX_UNANSWERED_BYTES = 4 * 1024 * 1024
/** Who comes into a room does not wait longer than this to hear who is there on other instances. */
const STAYS_WAIT_MS = 500
/** Short, since it is in each message. */
const IDENTIFIER_LENGTH = 6

/** How to reach the Redis that the instances share. */
export interface RedisBusOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string
  /** What the channels' names begin with: channels are shared by all databases of a Redis, and by whoever else uses it. */
  readonly prefix: string
  readonly log: Logger
  readonly tracing?: Tracing | undefined
  /** Milliseconds, from whenever. */
  readonly now?: () => number
  /** Makes the two connections. */
  readonly connect?: (url: string, options: RedisOptions) => RedisClient
}

/**
 * The Redis extension of Hocuspocus, with its connections, channels and framing (an instance's name before each message), and
 * with another answer to what is said when: committed updates with their numbers instead of questions about state, cursors only
 * by the instance that has the connection, and no lock. As shipped, each small edit costs several messages of the size of the
 * board's deletions, a Redis that is away when a room is opened closes it for good, and two instances that store at once lose edits.
 */
export class RedisBus extends Redis implements InstanceBus {
  readonly heard = new EventEmitter<BusEvents>()
  readonly #log: Logger
  readonly #now: () => number
  readonly #others: OtherInstances
  readonly #stays: StaysDirectory
  /** Undefined while nothing is followed: then nothing is heard of what others follow. */
  readonly #traces: SharedTraces | undefined
  /** Rooms of which nobody else hears, as far as is known: where everybody's cursor is, nobody needs to be told. */
  readonly #lonely = new Set<RoomId>()
  /** Instances that have said what could not be read here. */
  readonly #unreadable = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #notices = 0
  /** When Redis gave back last what this instance had said of itself; it is down until it has once. */
  #echoAt = -Infinity
  #reconnectedAt: number
  #beatAt: number
  #isUp = false
  /** Whether it was said that Redis is away: once for as long as it is, from the start on. */
  #saidAway = false
  #unanswered = 0
  #closed = false

  constructor({ url, prefix, log, tracing, now = () => performance.now(), connect = connectByIo }: RedisBusOptions) {
    // The first is the one that publishes.
    const options = [PUBLISHING, SUBSCRIBING]
    const createClient = () => connect(url, options.shift() ?? SUBSCRIBING)
    super({ createClient, prefix, identifier: nanoid(IDENTIFIER_LENGTH) })
    this.#log = log
    this.#now = now
    this.#reconnectedAt = now()
    this.#beatAt = now()
    this.#others = new OtherInstances(this.heard, now)
    this.#stays = new StaysDirectory(this.pub, prefix)
    this.#traces = tracing && new SharedTraces(tracing)
    this.heard.on('left', (instance) => {
      this.#traces?.left(instance)
      this.#unreadable.delete(instance)
    })
    // What the extension would do with a message is to apply it to the document as it is in memory.
    this.sub.removeAllListeners('messageBuffer')
    this.sub.on('messageBuffer', (channel: Buffer, data: Buffer) => this.#receive(channel.toString(), data))
    for (const client of [this.pub, this.sub]) {
      // Without a listener, ioredis prints it.
      client.on('error', (error: Error) => this.#failed(error))
      client.on('close', () => this.#wentDown('the connection was closed'))
      client.on('ready', () => this.#sayAlive())
    }
    void this.#subscribe(this.#instancesChannel)
    if (this.#traces) void this.#subscribe(this.#tracesChannel)
    this.#timer = setInterval(() => this.#beat(), ALIVE_EVERY_MS)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  async follow(roomId: RoomId): Promise<void> {
    await this.#subscribe(this.#channelOf(roomId))
    this.askAwareness(roomId)
  }

  unfollow(roomId: RoomId): void {
    this.#lonely.delete(roomId)
    void this.sub.unsubscribe(this.#channelOf(roomId)).catch(() => undefined)
  }

  shareCommit(commit: SharedCommit): void {
    const { roomId, firstSeq, updates } = commit
    const announced = this.#traces?.announce(commit)
    if (announced) void this.#publish(this.#tracesChannel, announced.message)
    const said = this.#say(roomId, { kind: 'committed', commit: { firstSeq, updates } })
    if (announced) void said.then(announced.gone)
  }

  shareAwareness(roomId: RoomId, update: Uint8Array): void {
    if (!this.#lonely.has(roomId)) void this.#say(roomId, { kind: 'awareness', update })
  }

  answerAwareness(roomId: RoomId, update: Uint8Array, instance: string): void {
    void this.#publish(this.#inboxOf(instance), encodeAnswer(roomId, update))
  }

  askAwareness(roomId: RoomId): void {
    void this.#say(roomId, { kind: 'asked' })
  }

  shareStays(roomId: RoomId, stays: readonly SharedStay[]): void {
    if (this.#isUp) void this.#stays.put(roomId, this.configuration.identifier, stays).catch(() => undefined)
  }

  async staysElsewhere(roomIds: readonly RoomId[]): Promise<Map<RoomId, SharedStay[]>> {
    if (!this.#isUp) return new Map()
    try {
      const answer = this.#stays.find(roomIds, this.#others.names())
      return await Promise.race([answer, after(STAYS_WAIT_MS, new Map<RoomId, SharedStay[]>(), { ref: false })])
    } catch (error) {
      this.#log.debug({ err: error }, 'could not ask who is in rooms elsewhere')
      return new Map()
    }
  }

  notify(notice: unknown): void {
    this.#notices += 1
    void this.#tellAll({ type: 'notice', notices: this.#notices, notice })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.race([this.#tellAll({ type: 'leaving' }), new Promise((resolve) => setTimeout(resolve, 100))])
    this.#closed = true
    this.pub.disconnect(false)
    this.sub.disconnect(false)
  }

  get #instancesChannel(): string {
    return `${this.configuration.prefix}#instances`
  }

  get #tracesChannel(): string {
    return `${this.configuration.prefix}#traces`
  }

  #channelOf(roomId: RoomId): string {
    return `${this.configuration.prefix}:${roomId}`
  }

  #inboxOf(instance: string): string {
    return `${this.configuration.prefix}#reply:${instance}`
  }

  /** Waits for as long as Redis is away. */
  async #subscribe(channel: string): Promise<void> {
    await this.sub.subscribe(channel).catch(() => undefined)
  }

  /** Resolves with how many heard it, as `#publish` does. */
  async #say(roomId: RoomId, message: RoomMessage): Promise<number> {
    const hearers = await this.#publish(this.#channelOf(roomId), encodeRoomMessage(message))
    // This instance is one of them.
    if (hearers <= 1 && this.#isUp) this.#lonely.add(roomId)
    else this.#lonely.delete(roomId)
    return hearers
  }

  async #tellAll(message: InstanceMessage): Promise<void> {
    await this.#publish(this.#instancesChannel, encodeInstanceMessage(message))
  }

  /** Resolves with how many heard it; with `NaN` when that is not known. */
  async #publish(channel: string, message: Uint8Array): Promise<number> {
    const bytes = channel.length + message.length
    if (this.#unanswered + bytes > MAX_UNANSWERED_BYTES) return NaN
    this.#unanswered += bytes
    try {
      return await this.pub.publish(channel, Buffer.concat([this.messagePrefix, message]))
    } catch {
      return NaN
    } finally {
      this.#unanswered -= bytes
    }
  }

  #receive(channel: string, data: Buffer): void {
    const nameEnd = 1 + (data[0] ?? 0)
    const instance = data.toString('utf8', 1, nameEnd)
    const message = data.subarray(nameEnd)
    if (instance === this.configuration.identifier)
      return channel === this.#instancesChannel ? this.#echoed() : undefined
    if (channel === this.#instancesChannel) {
      const receive = () => this.#others.receive(instance, decodeInstanceMessage(message))
      this.#read(instance, receive, () => this.heard.emit('missed'))
    } else if (channel === this.#tracesChannel) {
      this.#read(instance, () => this.#traces?.heard(instance, message))
    } else if (channel === this.#inboxOf(this.configuration.identifier)) {
      this.#read(instance, () => {
        const { roomId, update } = decodeAnswer(message)
        this.heard.emit('awareness', roomId, update, instance)
      })
    } else {
      // Of all other channels, only those of rooms that are followed are subscribed to.
      const roomId = channel.slice(this.configuration.prefix.length + 1) as RoomId
      const receive = () => this.#receiveOfRoom(roomId, decodeRoomMessage(message), instance)
      this.#read(instance, receive, () => this.heard.emit('unread', roomId))
    }
  }

  /** An instance of another version may say what cannot be read here: that is said once of it. */
  #read(instance: string, receive: () => void, onUnreadable: () => void = () => undefined): void {
    try {
      receive()
    } catch (error) {
      if (!this.#unreadable.has(instance)) {
        this.#log.warn({ err: error, instance }, 'a message of another instance could not be read')
      }
      this.#unreadable.add(instance)
      onUnreadable()
    }
  }

  #receiveOfRoom(roomId: RoomId, message: RoomMessage, instance: string): void {
    this.#lonely.delete(roomId)
    if (message.kind === 'committed') {
      const commit = this.#traces?.follow(instance, roomId, message.commit) ?? message.commit
      this.heard.emit('committed', { roomId, ...commit })
    } else if (message.kind === 'awareness') this.heard.emit('awareness', roomId, message.update, instance)
    else this.heard.emit('asked', roomId, instance)
  }

  #sayAlive(): void {
    void this.#tellAll({ type: 'alive', notices: this.#notices })
  }

  #beat(): void {
    this.#sayAlive()
    const now = this.#now()
    const isLate = now - this.#beatAt > 2 * ALIVE_EVERY_MS
    this.#beatAt = now
    // This process stood still itself: what the others have said meanwhile has not been read yet.
    if (isLate) return
    this.#others.forgetSilent()
    if (now - Math.max(this.#echoAt, this.#reconnectedAt) <= DOWN_AFTER_MS) return
    this.#wentDown('it does not answer')
    // A line that was cut without a word is found to be dead only after minutes, unless it is made anew.
    this.#reconnectedAt = now
    for (const client of [this.pub, this.sub]) {
      if (client.status === 'ready' || client.status === 'connect') client.disconnect(true)
    }
  }

  #echoed(): void {
    this.#echoAt = this.#now()
    if (this.#isUp) return
    this.#isUp = true
    this.#saidAway = false
    this.#lonely.clear()
    this.#log.info('connected to the other instances through Redis')
    this.heard.emit('up')
  }

  #wentDown(reason: string): void {
    if (this.#closed) return
    this.#sayAway({ reason })
    if (!this.#isUp) return
    this.#isUp = false
    this.heard.emit('down')
  }

  /** A wrong address or password is found out by this line only: everything works without Redis, if slower. */
  #failed(error: Error): void {
    this.#log.debug({ err: error }, 'Redis')
    if (!this.#isUp) this.#sayAway({ err: error })
  }

  #sayAway(why: { reason: string } | { err: Error }): void {
    if (this.#saidAway) return
    this.#saidAway = true
    this.#log.warn(why, 'Redis is away; what other instances do is read from the database until it is back')
  }
}

const connectByIo = (url: string, options: RedisOptions): RedisClient => new RedisClient(url, options)

const SUBSCRIBING: RedisOptions = {
  connectTimeout: CONNECT_MS,
  // Subscriptions wait for as long as it takes.
  maxRetriesPerRequest: null,
  retryStrategy: (times) => Math.min(LONGEST_RETRY_MS, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2),
}

/** What is said while nobody hears it is of no use later. */
const PUBLISHING: RedisOptions = { ...SUBSCRIBING, enableOfflineQueue: false, autoResendUnfulfilledCommands: false }
