import { AsyncLocalStorage } from 'node:async_hooks'
import { webcrypto } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import v8 from 'node:v8'

/*
 * To be imported before all that it is to hold for: libraries take hold of the clock, and of chance, when they are loaded.
 * What is put in their place here asks the clock that goes; while none does, it does what it always did.
 */

/** Somebody whose work ends when they do, such as a process. What they began goes on in their name, and in no other. */
export class Life {
  readonly name: string
  isOver = false

  constructor(name: string) {
    this.name = name
  }
}

/** Something that is to happen; it stands for Node's timers, too. */
class Due {
  at: number
  /** Of two at one moment, the first is the one that was asked for first. */
  order: number
  readonly life: Life | undefined
  readonly act: () => void
  readonly everyMs: number | undefined
  /** The rest of something that has begun. Queues that all instances of this one process share wait for it. */
  readonly isImmediate: boolean
  isCancelled = false

  constructor(parts: Omit<Due, 'isCancelled' | 'ref' | 'unref' | 'hasRef'>) {
    this.at = parts.at
    this.order = parts.order
    this.life = parts.life
    this.act = parts.act
    this.everyMs = parts.everyMs
    this.isImmediate = parts.isImmediate
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}

const lives = new AsyncLocalStorage<Life | undefined>()
let running: VirtualTime | undefined

/**
 * A clock that goes on from one thing that is due to the next, and between two of them all promises come to rest: a minute
 * takes as long as what is done in it, and the same things come in the same order each time.
 */
export class VirtualTime {
  /** In milliseconds since 1970. */
  now = Date.UTC(2026, 0, 1)
  /** What the program takes for chance, in [0, 1). */
  readonly random: () => number
  readonly #startedAt = this.now
  readonly #heap: Due[] = []
  #orders = 0

  constructor(random: () => number) {
    this.random = random
  }

  /** How long it has gone, in milliseconds. */
  get elapsedMs(): number {
    return this.now - this.#startedAt
  }

  /** In whose name something is done. */
  get life(): Life | undefined {
    return lives.getStore()
  }

  /** Does something in somebody's name; `undefined` is nobody, whose work never ends. */
  as<T>(life: Life | undefined, act: () => T): T {
    return lives.run(life, act)
  }

  /** Calls back after so many milliseconds, in the name of whoever asks. */
  after(
    ms: number,
    act: () => void,
    { everyMs, isImmediate = false }: { everyMs?: number; isImmediate?: boolean } = {},
  ): Due {
    const at = this.now + Math.max(0, ms)
    const due = new Due({ at, order: this.#orders++, life: lives.getStore(), act, everyMs, isImmediate })
    push(this.#heap, due)
    return due
  }

  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve))
  }

  /** Goes on until what is begun here is settled. Only one clock goes at a time. */
  async run<T>(begin: () => Promise<T>): Promise<T> {
    if (running) throw new Error('another clock goes already')
    // oxlint-disable-next-line typescript/no-this-alias -- the globals ask whichever goes
    running = this
    try {
      let isSettled = false
      const promise = begin()
      const settle = () => void (isSettled = true)
      promise.then(settle, settle)
      for (await rest(); !isSettled; await rest()) {
        const due = pop(this.#heap)
        if (!due) throw new Error('nothing is due any more, and what was waited for has not come')
        this.#happen(due)
      }
      await this.#endImmediates()
      return await promise
    } finally {
      running = undefined
    }
  }

  /** What has begun is ended: the queues that all of this process share are not left to the next run with somebody in them. */
  async #endImmediates(): Promise<void> {
    for (;;) {
      const due = this.#heap.find(({ isImmediate, isCancelled }) => isImmediate && !isCancelled)
      if (!due) return
      due.isCancelled = true
      lives.run(due.life, due.act)
      await rest()
    }
  }

  #happen(due: Due): void {
    if (due.isCancelled || (due.life?.isOver && !due.isImmediate)) return
    this.now = Math.max(this.now, due.at)
    if (due.everyMs !== undefined) {
      due.at += due.everyMs
      due.order = this.#orders++
      push(this.#heap, due)
    }
    lives.run(due.life, due.act)
  }
}

/** All promises come to rest. The tick comes when they have; what ticks have begun has the same in a second round. */
async function rest(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve))
  await new Promise<void>((resolve) => process.nextTick(resolve))
}

function isBefore(a: Due, b: Due): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at
}

/** A binary heap: each is before the two below it. */
function push(heap: Due[], due: Due): void {
  let index = heap.push(due) - 1
  while (index > 0) {
    const above = (index - 1) >> 1
    if (!isBefore(due, heap[above] as Due)) break
    heap[index] = heap[above] as Due
    index = above
  }
  heap[index] = due
}

function pop(heap: Due[]): Due | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (heap.length === 0 || !last) return first
  let index = 0
  for (let below = 1; below < heap.length; below = 2 * index + 1) {
    const right = heap[below + 1]
    if (right && isBefore(right, heap[below] as Due)) below += 1
    if (!isBefore(heap[below] as Due, last)) break
    heap[index] = heap[below] as Due
    index = below
  }
  heap[index] = last
  return first
}

type Act = (...args: unknown[]) => void

/** Node counts timers in whole milliseconds, of which the least is one. */
const wholeMs = (ms: unknown): number => Math.max(1, Math.trunc(Number(ms) || 0))

function replaceClock(): void {
  const { setTimeout, setInterval, setImmediate, clearTimeout, Math } = globalThis
  const dateNow = Date.now.bind(Date)
  const performanceNow = performance.now.bind(performance)
  const { random } = Math
  const getRandomValues = webcrypto.getRandomValues.bind(webcrypto)
  const { setTimeout: wait, setImmediate: nextTurn } = timersPromises
  const cancel = (due: unknown) => {
    if (due instanceof Due) due.isCancelled = true
    else clearTimeout(due as NodeJS.Timeout)
  }

  Object.assign(globalThis, {
    setTimeout: (act: Act, ms?: unknown, ...args: unknown[]) =>
      running ? running.after(wholeMs(ms), () => act(...args)) : setTimeout(act, Number(ms), ...args),
    setInterval: (act: Act, ms?: unknown, ...args: unknown[]) =>
      running
        ? running.after(wholeMs(ms), () => act(...args), { everyMs: wholeMs(ms) })
        : setInterval(act, Number(ms), ...args),
    setImmediate: (act: Act, ...args: unknown[]) =>
      running ? running.after(0, () => act(...args), { isImmediate: true }) : setImmediate(act, ...args),
    clearTimeout: cancel,
    clearInterval: cancel,
    clearImmediate: (due: unknown) => (due instanceof Due ? cancel(due) : clearImmediateOf(due)),
  })
  Date.now = () => running?.now ?? dateNow()
  performance.now = () => running?.elapsedMs ?? performanceNow()
  Math.random = () => running?.random() ?? random()
  webcrypto.getRandomValues = ((into: Uint8Array | Uint32Array) => {
    // The numbers of Yjs clients. Ids come as bytes, out of a pool that outlives a run: a seed that filled it would do what the
    // run before has left in it.
    if (!running || !(into instanceof Uint32Array)) return getRandomValues(into)
    for (const index of into.keys()) into[index] = running.random() * 2 ** 32
    return into
  }) as typeof webcrypto.getRandomValues
  Object.assign(timersPromises, {
    setTimeout: async (ms?: number, value?: unknown, options?: object) =>
      running ? (await running.wait(wholeMs(ms)), value) : await wait(ms, value, options),
    setImmediate: async (value?: unknown, options?: object) => {
      const clock = running
      if (!clock) return await nextTurn(value, options)
      await new Promise<void>((resolve) => void clock.after(0, resolve, { isImmediate: true }))
      return value
    },
  })
  // How full the heap is is the machine's, and no seed's: nothing is refused for that.
  v8.getHeapSpaceStatistics = () => []
  syncBuiltinESMExports()
}

const clearImmediateOf = globalThis.clearImmediate as (immediate: unknown) => void

replaceClock()
