import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { findElement, isOthers } from '@sketchroom/shared/scene/document'

/** What an element hangs on. */
const TIES: ReadonlySet<string> = new Set(['containerId', 'frameId', 'startBinding', 'endBinding'])
/** Where a line ends, and the way there. */
const ENDS: ReadonlySet<string> = new Set(['from', 'to', 'route'])

/** How an element came to be changed. */
interface Circumstances {
  /** The element as the person saw it. */
  readonly shown: ElementValues
  /** Whether the editor's history has done it. */
  readonly isStep: boolean
  readonly isDeleted: boolean
}

/** What of an element's changes the person has done, and not the editor of its own accord. */
export function meantChanges(
  doc: Y.Doc,
  id: ElementId,
  changes: ReadonlyMap<string, unknown>,
  { shown, isStep, isDeleted }: Circumstances,
): ReadonlyMap<string, unknown> {
  const isMeant = (key: string) => {
    // The editor unties what it deletes. It may come back, and then hangs on what it hung on.
    if (isDeleted && TIES.has(key)) return false
    // With each arrow that the history takes away or brings back, the editor aims the others at its shapes anew, also where
    // somebody else has put an end. Such an end goes with its shape, and is shown again as it was put.
    return !isStep || !ENDS.has(key) || !isOthers(doc, id, key)
  }
  return new Map([...withOthersSide(doc, id, changes, shown)].filter(([key]) => isMeant(key)))
}

/** A size of which the person has changed one side, with the other side as somebody else has made it meanwhile. */
function withOthersSide(
  doc: Y.Doc,
  id: ElementId,
  changes: ReadonlyMap<string, unknown>,
  shown: ElementValues,
): ReadonlyMap<string, unknown> {
  const [now, before] = [changes.get('wh'), shown.keys.wh] as (readonly number[] | undefined)[]
  const theirs = now && (findElement(doc, id)?.keys.wh as readonly number[] | undefined)
  if (!now || !before || !theirs) return changes
  return new Map(changes).set(
    'wh',
    now.map((length, axis) => (length === before[axis] ? theirs[axis] : length)),
  )
}
