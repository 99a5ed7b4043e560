import { EventEmitter } from 'node:events'
import type { Redis as RedisClient } from 'ioredis'
import type { Chance } from './chance.ts'
import type { Life, VirtualTime } from './virtual-time.ts'

/** `frozen`: what comes waits until it goes on. `down`: nobody takes anything. */
export type RedisState = 'up' | 'frozen' | 'down'

/** What of a connection's options changes what it does. */
interface ConnectionOptions {
  readonly connectTimeout?: number | undefined
  readonly enableOfflineQueue?: boolean | undefined
  readonly retryStrategy?: ((times: number) => number | void | null) | undefined
}

/**
 * A Redis as the instances use it: channels, and keys that go by themselves. What a connection says arrives in its order, each
 * after its time; what is published reaches whoever listens at that moment, and nobody else ever.
 */
export class SimulatedRedis {
  state: RedisState = 'up'
  /** Of what is published, so much reaches one listener less: the port promises no more than that. */
  lossy = 0
  /** Whoever is cut off from it. */
  readonly cutOff = new Set<Life>()
  readonly channels = new Map<string, Set<Connection>>()
  readonly time: VirtualTime
  readonly chance: Chance
  readonly #values = new Map<string, { value: string; until: number }>()
  readonly #connections = new Set<Connection>()

  constructor(time: VirtualTime, chance: Chance) {
    this.time = time
    this.chance = chance
  }

  /** Makes connections in place of ioredis, in somebody's name. */
  connectorOf(by: Life): (url: string, options: ConnectionOptions) => RedisClient {
    return (_url, options) => {
      const connection = new Connection(this, by, options)
      this.#connections.add(connection)
      // What the bus and the extension of Hocuspocus call of it is there.
      return connection as unknown as RedisClient
    }
  }

  /** It is stopped: all connections end, and what they have sent and it has not taken is gone. */
  stop(): void {
    this.state = 'down'
    this.#values.clear()
    for (const connection of this.#connections) connection.lose()
  }

  /** Goes on, and hears again whoever was cut off. */
  heal(): void {
    this.state = 'up'
    this.lossy = 0
    this.cutOff.clear()
    for (const connection of this.#connections) connection.goOn()
  }

  /** Ends somebody's connections, which they make anew by themselves. */
  cut(by: Life): void {
    for (const connection of this.#connections) if (connection.by === by) connection.lose()
  }

  /** A process has died: its connections are gone. */
  forget(by: Life): void {
    for (const connection of this.#connections) {
      if (connection.by !== by) continue
      connection.lose()
      this.#connections.delete(connection)
    }
  }

  /** Whether what somebody sends now comes to be handled. */
  hears(by: Life): boolean {
    return this.state === 'up' && !this.cutOff.has(by)
  }

  /** Answers to how many this went. */
  publish(channel: string, message: Buffer): number {
    const listeners = [...(this.channels.get(channel) ?? [])]
    for (const listener of listeners) if (!this.chance.is(this.lossy)) listener.tell(channel, message)
    return listeners.length
  }

  set(key: string, value: string, lastsMs: number): void {
    this.#values.set(key, { value, until: this.time.now + lastsMs })
  }

  delete(key: string): void {
    this.#values.delete(key)
  }

  get(key: string): string | null {
    const found = this.#values.get(key)
    return found && found.until > this.time.now ? found.value : null
  }
}

/** One connection, as ioredis has it: it comes back by itself, and listens then to what it listened to. */
class Connection extends EventEmitter {
  status: 'connecting' | 'ready' | 'reconnecting' | 'end' = 'connecting'
  readonly by: Life
  readonly #redis: SimulatedRedis
  readonly #options: ConnectionOptions
  readonly #channels = new Set<string>()
  /** What is on its way there, and back. */
  #line = new OrderedLine()
  #offline: Array<() => void> = []
  #attempts = 0

  constructor(redis: SimulatedRedis, by: Life, options: ConnectionOptions) {
    super()
    this.#redis = redis
    this.by = by
    this.#options = options
    redis.time.as(by, () => this.#connect())
  }

  publish(channel: string, message: Buffer): Promise<number> {
    return this.#command(() => this.#redis.publish(channel, message))
  }

  subscribe(channel: string, onDone?: (error: Error | null) => void): Promise<unknown> {
    this.#channels.add(channel)
    const done = this.#command(() => this.#listen(channel))
    if (onDone) done.then(() => onDone(null), onDone)
    return done
  }

  unsubscribe(channel: string): Promise<unknown> {
    this.#channels.delete(channel)
    return this.#command(() => this.#redis.channels.get(channel)?.delete(this))
  }

  set(key: string, value: string, _unit: 'PX', lastsMs: number): Promise<unknown> {
    return this.#command(() => this.#redis.set(key, value, lastsMs))
  }

  del(key: string): Promise<unknown> {
    return this.#command(() => this.#redis.delete(key))
  }

  mget(keys: string[]): Promise<Array<string | null>> {
    return this.#command(() => keys.map((key) => this.#redis.get(key)))
  }

  disconnect(reconnect = false): void {
    this.#ended(reconnect)
  }

  /** Something was published that it listens to. */
  tell(channel: string, message: Buffer): void {
    this.#arrive(() => this.emit('messageBuffer', Buffer.from(channel), message))
  }

  /** The other end is gone. */
  lose(): void {
    if (this.status === 'ready') this.#ended(true)
  }

  /** What has waited on the line arrives. */
  goOn(): void {
    this.#redis.time.as(this.by, () => this.#line.goOn())
  }

  #connect(): void {
    const { time } = this.#redis
    this.status = 'connecting'
    this.#attempts += 1
    const line = new OrderedLine()
    this.#line = line
    const isCurrent = () => this.#line === line && this.status === 'connecting'
    const giveUp = time.after(this.#options.connectTimeout ?? 10_000, () => {
      if (isCurrent()) this.#ended(true, new Error('connect ETIMEDOUT'))
    })
    time.after(this.#lineMs(), () => {
      if (!isCurrent()) return
      if (this.#redis.state === 'down') return this.#ended(true, new Error('connect ECONNREFUSED'))
      this.#pass(line, () => {
        if (!isCurrent()) return
        giveUp.isCancelled = true
        this.#becameReady()
      })
    })
  }

  #becameReady(): void {
    this.status = 'ready'
    this.#attempts = 0
    for (const channel of this.#channels) void this.#command(() => this.#listen(channel)).catch(() => undefined)
    for (const send of this.#offline.splice(0)) send()
    this.emit('ready')
  }

  #ended(reconnect: boolean, error?: Error): void {
    if (this.status === 'end') return
    this.#line.close()
    for (const listeners of this.#redis.channels.values()) listeners.delete(this)
    this.status = reconnect ? 'reconnecting' : 'end'
    const { time } = this.#redis
    time.as(this.by, () =>
      time.after(0, () => {
        if (error) this.emit('error', error)
        this.emit('close')
      }),
    )
    if (!reconnect) return
    const retryMs = this.#options.retryStrategy?.(this.#attempts) ?? 1_000
    time.as(this.by, () => time.after(Number(retryMs), () => this.status === 'reconnecting' && this.#connect()))
  }

  /** Has something done there, and resolves with what came of it; rejects when the connection ends before. */
  #command<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.by.isOver) return
      const send = () => {
        const line = this.#line
        line.onClose(() => reject(new Error('Connection is closed.')))
        this.#pass(line, () => {
          const value = act()
          this.#arrive(() => resolve(value))
        })
      }
      if (this.status === 'ready') send()
      else if (this.#options.enableOfflineQueue === false || this.status === 'end')
        reject(new Error("Stream isn't writeable"))
      else this.#offline.push(send)
    })
  }

  #listen(channel: string): void {
    const listeners = this.#redis.channels.get(channel) ?? new Set()
    this.#redis.channels.set(channel, listeners.add(this))
  }

  /** Something comes back. */
  #arrive(act: () => void): void {
    this.#redis.time.as(this.by, () => this.#pass(this.#line, act))
  }

  /** Something goes over the line, behind all that went before, for as long as it is not held up. */
  #pass(line: OrderedLine, act: () => void): void {
    const { time } = this.#redis
    time.after(line.delayMs(time.now, this.#lineMs()), () => line.pass(this.#redis.hears(this.by), act))
  }

  #lineMs(): number {
    return this.#redis.chance.between(0.2, 3)
  }
}

/** Keeps what is on its way in order, and for as long as the line is held up. */
class OrderedLine {
  #lastAt = 0
  #held: Array<() => void> = []
  #isClosed = false
  readonly #onClose: Array<() => void> = []

  /** How long something takes that is sent now, and nothing is sent past it. */
  delayMs(now: number, ms: number): number {
    this.#lastAt = Math.max(this.#lastAt, now + ms)
    return this.#lastAt - now
  }

  /** Something has come to the end of the line. */
  pass(isOpen: boolean, act: () => void): void {
    if (this.#isClosed) return
    if (isOpen && this.#held.length === 0) act()
    else this.#held.push(act)
  }

  /** What was held up goes on. */
  goOn(): void {
    for (const act of this.#held.splice(0)) if (!this.#isClosed) act()
  }

  onClose(listener: () => void): void {
    this.#onClose.push(listener)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#held = []
    for (const listener of this.#onClose.splice(0)) listener()
  }
}
