import type { ElementValues } from '@sketchroom/shared/scene/codec'
import type { Fit } from '@sketchroom/shared/scene/text-keys'

/** What is known of how a text is set. */
interface Setting {
  /** How wide its letters are on average, in pixels. */
  readonly letterWidth: number
  /** How wide its lines may be, in pixels; null: as long as they are written. */
  readonly room: number | null
  /** What the fit is marked with. */
  readonly mark: string
}

/** How large a text is about, without measuring each of its lines, and where these may be broken. */
export function estimateFit({ keys }: ElementValues, { letterWidth, room, mark }: Setting): Fit {
  const written = (keys.words as string).split('\n')
  const most = room === null || letterWidth <= 0 ? Infinity : Math.max(1, Math.floor(room / letterWidth))
  const lines = written.flatMap((line) => breakLine(line, most))
  const longest = lines.reduce((length, line) => Math.max(length, line.length), 1)
  const height = lines.length * (keys.fontSize as number) * (keys.lineHeight as number)
  return [longest * letterWidth, height, lines.length === written.length ? null : lines.join('\n'), mark]
}

/** A line in parts of at most so many letters, broken at its last blank, where there is one. */
function breakLine(line: string, most: number): string[] {
  const parts: string[] = []
  let at = 0
  while (line.length - at > most) {
    // Not in the whole line: where there is no blank, that would be looked through again for each part.
    const blank = line.slice(at, at + most + 1).lastIndexOf(' ')
    const end = at + (blank > 0 ? blank : most)
    parts.push(line.slice(at, end))
    at = blank > 0 ? end + 1 : end
  }
  parts.push(line.slice(at))
  return parts
}
