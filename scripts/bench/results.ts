import type { PeerId } from './peers/peers.ts'
import { median } from './statistics.ts'

/** Something that is measured on several servers. */
export interface Measure {
  readonly title: string
  readonly unit: string
  /** Which way is better. */
  readonly better: 'higher' | 'lower'
}

/** The middle of all rounds, and how far they went apart. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** What was measured, round by round. Round n of one server was beside round n of the others. */
export class Results {
  readonly #rounds = new Map<Measure, Map<PeerId, number[]>>()

  /** Adds one round's figure. */
  record(measure: Measure, peer: PeerId, value: number): void {
    const byPeer = this.#rounds.get(measure) ?? new Map<PeerId, number[]>()
    this.#rounds.set(measure, byPeer)
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), value])
  }

  /** What was measured, in the order of the first figures. */
  get measures(): Measure[] {
    return [...this.#rounds.keys()]
  }

  /** A server's figure; undefined when it was not measured. */
  figure(measure: Measure, peer: PeerId): Spread | undefined {
    return spread(this.#of(measure, peer))
  }

  /** SketchRoom's figure as a multiple of another server's, taken round by round; undefined when not measured. */
  ratio(measure: Measure, peer: PeerId): Spread | undefined {
    const [ours, theirs] = [this.#of(measure, 'sketchroom'), this.#of(measure, peer)]
    return spread(ours.flatMap((value, round) => (theirs[round] === undefined ? [] : [value / theirs[round]])))
  }

  #of(measure: Measure, peer: PeerId): readonly number[] {
    return this.#rounds.get(measure)?.get(peer) ?? []
  }
}

function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}
