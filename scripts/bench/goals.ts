import { PEERS, type PeerId } from './peers/peers.ts'
import type { Measure, Results } from './results.ts'
import { formatFigure, formatRatio, markdownTable } from './table.ts'

/** What a measured figure is to be: at most so much of its unit, or so many times another server's. */
export interface Goal {
  /** What is measured, understood without its neighbours. */
  readonly title: string
  readonly measure: Measure
  /** The server whose figure is multiplied; the limit is in the measure's unit without. */
  readonly times?: PeerId
  readonly atMost: number
}

/** What became of a goal; undefined when it was not measured. The median of the rounds decides. */
export function isReached(results: Results, { measure, times, atMost }: Goal): boolean | undefined {
  const spread = times ? results.ratio(measure, times) : results.figure(measure, 'sketchroom')
  return spread && spread.median <= atMost
}

/** Each goal, what was measured, and whether it is reached. */
export function goalTable(results: Results, goals: readonly Goal[]): string {
  const rows = goals.map((goal) => {
    const { title, measure, times, atMost } = goal
    const unit = times ? `× ${PEERS.find(({ id }) => id === times)?.title}` : measure.unit
    const spread = times ? results.ratio(measure, times) : results.figure(measure, 'sketchroom')
    const reached = isReached(results, goal)
    const verdict = reached === undefined ? 'not measured' : reached ? 'yes' : '**no**'
    return [title, `≤ ${atMost} ${unit}`, formatRatio(spread), figures(results, goal), verdict]
  })
  return markdownTable(['SketchRoom', 'goal', 'measured', 'figures', 'reached'], rows)
}

/** How many of the goals that were measured are reached, in a sentence. */
export function goalVerdict(results: Results, goals: readonly Goal[]): string {
  const verdicts = goals.map((goal) => isReached(results, goal))
  const count = (verdict: boolean | undefined) => verdicts.filter((each) => each === verdict).length
  const left = count(undefined) === 0 ? '' : ` ${count(undefined)} were not measured.`
  return `${count(true)} of ${count(true) + count(false)} goals are reached.${left}`
}

/** Both sides of a ratio, as medians. */
function figures(results: Results, { measure, times }: Goal): string {
  if (!times) return ''
  const [ours, theirs] = [results.figure(measure, 'sketchroom'), results.figure(measure, times)]
  return ours && theirs ? `${formatFigure(ours.median)} to ${formatFigure(theirs.median)} ${measure.unit}` : ''
}
