import { EventEmitter } from 'node:events'
import type { UserId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import type { Logger } from 'pino'
import { SketchRoomError } from '../../errors.ts'
import type { BlockRecord, BlockStore } from '../../ports/block-store.ts'
import type { EventBus } from '../events.ts'
import { formatNetwork, Networks, parseNetwork } from './networks.ts'

/** What another instance says is heard at once; this is for what is lost on the way, and for blocks that end. */
const READ_EVERY_MS = 5_000
/** Each is compared with at every request. */
const MOST_BLOCKS = 1_000

/** Where an administrator comes from. */
export interface ComingFrom {
  readonly ip: string
  /** Whether a proxy in front names another address, which is not believed. */
  readonly isBehindUnknownProxy: boolean
}

const LOOPBACK = new Networks([
  { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '::1', prefix: 128, family: 'ipv6' },
])

/** The networks from which nobody is served, in memory as the store has them. Tells `applied` when they have changed. */
export class AddressBlocks extends EventEmitter<{ applied: [] }> {
  readonly #store: BlockStore
  readonly #events: EventBus
  readonly #log: Logger
  readonly #now: () => number
  #records: readonly BlockRecord[] = []
  #networks = new Networks([])
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined
  #isReadDue = false

  /** `now` is in milliseconds since 1970. */
  constructor(parts: { store: BlockStore; events: EventBus; log: Logger; now: () => number }) {
    super()
    this.#store = parts.store
    this.#events = parts.events
    this.#log = parts.log
    this.#now = parts.now
    parts.events.on('addressBlocksChanged', () => void this.#readAgain())
  }

  /** Resolves when what is blocked is known; rejects when the store cannot say. */
  async start(): Promise<void> {
    await this.#read()
    this.#timer = setInterval(() => void this.#readAgain(), READ_EVERY_MS)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Those that hold, newest first. */
  get records(): readonly BlockRecord[] {
    return this.#records
  }

  isBlocked(ip: string): boolean {
    return this.#records.length > 0 && this.#networks.has(ip)
  }

  /** Holds here when it resolves, and on the other instances a moment later. Rejects with `invalid_request` or `quota_exceeded`. */
  async block(
    request: { network: string; reason: string; until: number | null },
    by: UserId,
    from: ComingFrom,
  ): Promise<BlockRecord> {
    const now = this.#now()
    const network = checkNetwork(request.network, from)
    if (request.until !== null && request.until <= now) throw refuse('/until', 'must be in the future')
    const known = this.#records.some((record) => record.network === network)
    if (this.#records.length >= MOST_BLOCKS && !known) {
      throw new SketchRoomError(
        'quota_exceeded',
        `There are ${MOST_BLOCKS} blocks already. Block larger networks instead.`,
      )
    }
    const { reason, until } = request
    const block = await this.#store.putBlock({ id: nanoid(), network, reason, createdAt: now, createdBy: by, until })
    await this.#changed()
    return block
  }

  /** Undefined when there is none of this id. */
  async unblock(id: string): Promise<BlockRecord | undefined> {
    const block = await this.#store.removeBlock(id)
    await this.#changed()
    return block
  }

  async #changed(): Promise<void> {
    this.#events.emit('addressBlocksChanged')
    await this.#reading
  }

  /** One after the other: of two at once, the one that began first could be the one that is believed. Never rejects. */
  #readAgain(): Promise<void> {
    this.#isReadDue = true
    this.#reading ??= this.#readUntilDone().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #readUntilDone(): Promise<void> {
    while (this.#isReadDue) {
      this.#isReadDue = false
      try {
        await this.#read()
      } catch (error) {
        this.#log.debug({ err: error }, 'could not read which addresses are blocked; those that were known still are')
      }
    }
  }

  async #read(): Promise<void> {
    const records = await this.#store.listBlocks(this.#now())
    const before = this.#records
    this.#records = records
    if (records.length === before.length && records.every(({ network }, at) => network === before[at]?.network)) return
    this.#networks = new Networks(records.flatMap(({ network }) => parseNetwork(network) ?? []))
    this.emit('applied')
  }
}

/** The network as it is stored. Whoever would block themselves, or everybody, is told so instead. */
function checkNetwork(text: string, { ip, isBehindUnknownProxy }: ComingFrom): string {
  const network = parseNetwork(text)
  if (!network) {
    throw refuse('/network', 'must be an address, or a network of at least /8 (IPv6: /16), such as 203.0.113.0/24')
  }
  if (isBehindUnknownProxy) {
    throw refuse(
      '/network',
      'cannot be blocked while everybody comes from one address: there is a proxy in front, and TRUST_PROXY is 0',
    )
  }
  const networks = new Networks([network])
  if (networks.has(ip)) throw refuse('/network', `must not hold ${ip}, which you come from yourself`)
  if (networks.has('127.0.0.1') || networks.has('::1') || LOOPBACK.has(network.address)) {
    throw refuse('/network', 'must not hold this machine itself, from which proxies and health checks come')
  }
  return formatNetwork(network)
}

function refuse(pointer: string, detail: string): SketchRoomError {
  return new SketchRoomError('invalid_request', `The address cannot be blocked: it ${detail}.`, {
    fields: [{ pointer, detail }],
  })
}
