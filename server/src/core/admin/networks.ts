import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'
import { addressKey } from '../../client-address.ts'

/** An address and how many of its bits are its network's: the form in which `net.BlockList` takes a subnet. */
export interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Larger networks are a slip of the hand: a sixteenth of a continent at least. */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 }

/**
 * Reads an address, or a network as `203.0.113.0/24`. A single IPv6 address is the 2⁶⁴ beside it, which whoever has it has.
 * Undefined when it is neither, or larger than anybody means.
 */
export function parseNetwork(text: string): Network | undefined {
  const [, written = '', length] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? []
  const address = plainAddress(written)
  const family = familyOf(address)
  if (!family) return undefined
  const bits = family === 'ipv4' ? 32 : 128
  const prefix = length === undefined ? (family === 'ipv4' ? 32 : 64) : Number(length)
  // A mapped address with a length of IPv6 would be read as another network.
  if (prefix > bits || prefix < SHORTEST_PREFIX[family] || (length !== undefined && address !== written))
    return undefined
  return { address: firstOf(address, family, prefix), prefix, family }
}

/** A network as it is written: one way for each. */
export function formatNetwork({ address, prefix }: Network): string {
  return `${address}/${prefix}`
}

/** Networks that can be asked whether an address is in one of them. */
export class Networks {
  readonly #list = new BlockList()

  constructor(networks: Iterable<Network>) {
    for (const { address, prefix, family } of networks) this.#list.addSubnet(address, prefix, family)
  }

  /** Of what is no address, false. */
  has(ip: string): boolean {
    const address = plainAddress(ip)
    const family = familyOf(address)
    return family !== undefined && this.#list.check(address, family)
  }
}

/** An IPv4 address in the form of IPv6 is what it stands for; the link that an address is on is none of its own. */
function plainAddress(ip: string): string {
  const address = ip.split('%')[0] ?? ''
  return isIPv6(address) && isIPv4(addressKey(address)) ? addressKey(address) : address
}

function familyOf(address: string): Network['family'] | undefined {
  if (isIPv4(address)) return 'ipv4'
  return isIPv6(address) ? 'ipv6' : undefined
}

/** The network's first address, in the shortest form. */
function firstOf(address: string, family: Network['family'], prefix: number): string {
  const groups = family === 'ipv4' ? address.split('.').map(Number) : groupsOf(address)
  const size = family === 'ipv4' ? 8 : 16
  const kept = groups.map((group, index) => {
    const free = Math.min(size, Math.max(0, (index + 1) * size - prefix))
    return (group >> free) << free
  })
  if (family === 'ipv4') return kept.join('.')
  return new SocketAddress({ address: kept.map((group) => group.toString(16)).join(':'), family }).address
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The last two may be written as an IPv4 address.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`
  })
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}
