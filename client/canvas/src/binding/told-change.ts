import { pointsBetween } from '@sketchroom/shared/scene/checks'
import { changedKeys, type ElementValues } from '@sketchroom/shared/scene/codec'
import type { ElementPoint } from '@sketchroom/shared/scene/element'
import type { Ink } from '@sketchroom/shared/scene/ink'
import { carry, carryInk } from '@sketchroom/shared/scene/thin'
import type { ShadowEntry } from './shadow.ts'

type Shown = Pick<ShadowEntry, 'values' | 'shown'>

/** What says where an element is. Of what is shown lightened, the other keys are looks. */
const OF_PLACE: ReadonlySet<string> = new Set(['xy', 'wh', 'angle', 'from', 'to', 'via', 'route', 'ink'])

/**
 * The keys that a person changes told against the document. Where another's motion was shown, or fewer points than there
 * are, a change is the way from there to where the person put it, gone from where the document has the element: a motion
 * that is false, or that nobody finishes, is never written, and the points that were not shown go along.
 */
export function toldAgainst(
  document: ElementValues,
  entry: Shown,
  changes: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, unknown> {
  const moved = changesOfMoved(entry, changes)
  if (moved.length === 0) return changes
  const told = new Map(changes)
  for (const [key, now] of moved) told.set(key, tellKey(key, document.keys[key], entry.shown.keys[key], now))
  return told
}

/** Whether a person's changes are of something that another's motion is shown over. */
export function areOfMoved(entry: Shown, changes: ReadonlyMap<string, unknown>): boolean {
  return changesOfMoved(entry, changes).length > 0
}

function changesOfMoved({ values, shown }: Shown, changes: ReadonlyMap<string, unknown>): [string, unknown][] {
  if (values === shown || changes.size === 0) return []
  const moved = changedKeys(values, shown)
  return [...changes].filter(([key]) => moved.has(key))
}

function tellKey(key: string, document: unknown, shown: unknown, now: unknown): unknown {
  // The editor has measured what was shown of the words. Without a fit for all of them, everybody measures.
  if (key === 'fit') return document
  // Of its looks a person says what they want, whatever was shown.
  if (!OF_PLACE.has(key)) return now
  if (key === 'ink') return carryInk(document as Ink, shown as Ink, now as Ink) ?? document
  const told = key === 'via' ? tellPoints(document, shown, now) : tell(document, shown, now)
  if (key !== 'wh') return told
  const size = document as ElementPoint
  // A shape that was shown too large and made small again would have no size left.
  return (told as ElementPoint).map((length, axis) => (length > 0 ? length : size[axis]))
}

function tellPoints(document: unknown, shown: unknown, now: unknown): unknown {
  const [stored, before, after] = [document, shown, now] as (readonly ElementPoint[])[]
  if (!stored || !before || !after || stored.length <= before.length) return tell(document, shown, now)
  return pointsBetween(carry(stored, before, after)) ?? document
}

/** The way from `shown` to `now`, gone from `document`; what has no such way stays as the document has it. */
function tell(document: unknown, shown: unknown, now: unknown): unknown {
  if (isSame(shown, now)) return document
  if (isSame(document, shown)) return now
  if (typeof document === 'number' && typeof shown === 'number' && typeof now === 'number') {
    return document + (now - shown)
  }
  if (!Array.isArray(document) || !Array.isArray(shown) || !Array.isArray(now)) return document
  if (document.length !== shown.length || document.length !== now.length) return document
  return document.map((part, i) => tell(part, shown[i], now[i]))
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
