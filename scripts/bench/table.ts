import { PEERS, type Peer, type PeerId } from './peers/peers.ts'
import type { Measure, Results, Spread } from './results.ts'

/** Figures as a person reads them: three digits that mean something. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** A Markdown table; the first column is left, the others right. */
export function markdownTable(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0), 4))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

const OTHERS = PEERS.filter(({ id }) => id !== 'sketchroom')

/**
 * SketchRoom's figures as multiples of each other server's, with the least and the most of any round. Empty when none
 * was measured on another server.
 */
export function ratioTable(results: Results): string {
  const withRatio = results.measures.filter((measure) => OTHERS.some(({ id }) => results.ratio(measure, id)))
  const rows = withRatio.map((measure) => [
    measure.title,
    measure.better,
    ...OTHERS.map(({ id }) => formatRatio(results.ratio(measure, id))),
  ])
  if (rows.length === 0) return ''
  return markdownTable(['SketchRoom ÷ the other', 'better', ...OTHERS.map(({ title }) => title)], rows)
}

/** The figures themselves. */
export function figureTable(results: Results): string {
  const cell = (measure: Measure, id: PeerId) => {
    const figure = results.figure(measure, id)
    return figure ? formatFigure(figure.median) : '–'
  }
  const rows = results.measures.map((measure) => [
    measure.title,
    measure.unit,
    ...PEERS.map(({ id }: Peer) => cell(measure, id)),
  ])
  return markdownTable(['measured', 'unit', ...PEERS.map(({ title }) => title)], rows)
}

/** A ratio's median, and in brackets the least and the most of any round where they differ. */
export function formatRatio(spread: Spread | undefined): string {
  if (!spread) return '–'
  const range = `${formatFigure(spread.least)}–${formatFigure(spread.most)}`
  return spread.least === spread.most ? formatFigure(spread.median) : `${formatFigure(spread.median)} (${range})`
}
