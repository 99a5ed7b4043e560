import type { ElementId } from './ids.ts'

/** Who a connection speaks for. The server writes it; what a client claims here is replaced. */
export interface PresenceUser {
  readonly id: string
  readonly name: string
  /** `#rrggbb`. */
  readonly color: string
}

/** Where an element is while somebody moves it; the document learns of it about once a second. */
export interface Motion {
  readonly xy?: readonly [number, number]
  readonly wh?: readonly [number, number]
  /** Radians. */
  readonly angle?: number
  /** The points of a line or an arrow, from its `xy`; only of one with few points. */
  readonly points?: readonly (readonly [number, number])[]
}

/**
 * The awareness state of one client: what is seen live and never stored. Coordinates are scene
 * coordinates (CSS pixels at zoom 1). At most `MAX_PRESENCE_BYTES` as JSON.
 */
export interface Presence {
  readonly user?: PresenceUser
  readonly pointer?: {
    readonly x: number
    readonly y: number
    readonly tool: 'pointer' | 'laser'
    readonly down: boolean
  }
  readonly selection?: readonly ElementId[]
  /** The visible part of the scene, for those who follow: its top left corner, size and zoom. */
  readonly viewport?: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
    readonly zoom: number
  }
  readonly motion?: Readonly<Record<ElementId, Motion>>
  /** `idle` after a while without input, `away` when the tab is hidden. */
  readonly activity?: 'active' | 'idle' | 'away'
}

/** The largest awareness state the server passes on, in bytes of JSON. */
export const MAX_PRESENCE_BYTES = 16 * 1024

const PALETTE = [
  '#e03131',
  '#c2255c',
  '#9c36b5',
  '#6741d9',
  '#3b5bdb',
  '#1971c2',
  '#0c8599',
  '#099268',
  '#2f9e44',
  '#e8590c',
] as const

/** A colour for a person that is the same everywhere, chosen from the id. */
export function presenceColor(userId: string): string {
  let hash = 0
  for (const char of userId) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return PALETTE[hash % PALETTE.length] ?? PALETTE[0]
}
