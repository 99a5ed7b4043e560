import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

/**
 * What a struct takes of the heap while it is judged and put in place, and what of that stays, in bytes: measured with maps
 * that have nothing in them, which are the dearest.
 */
const STRUCT_BYTES = 1_700
const STRUCT_BYTES_THAT_STAY = 900
/** What stored bytes take beside their structs, when a document is filled with them: letters as two bytes, numbers as eight. */
const TIMES_STORED = 3
/**
 * V8 ends the process when four fifths of the heap are in use and collecting frees little. What is pasted, and boards that
 * are opened, leave a part to those who draw on what is there.
 */
const PART_FOR_FEW = 0.75
const PART_FOR_MUCH = 0.65
const FEW_STRUCTS = 20
/** Of the limit that V8 names, this much is for what is new: three semi-spaces of 64 MB. */
const YOUNG_BYTES = 3 * 64 * 1024 * 1024
/** Looking takes some microseconds. */
const LOOK_EVERY_MS = 200

const limit = Math.max(getHeapStatistics().heap_size_limit - YOUNG_BYTES, YOUNG_BYTES / 3)
let lookedAt = -Infinity
/** With what is not needed any more, and has not been collected. */
let inUse = 0
/** What was in use when all had been collected, and what has been put in place since. */
let needed = look()
let placed = 0

new PerformanceObserver((list) => {
  const collections = list.getEntries() as unknown as ReadonlyArray<{ readonly detail?: { readonly kind: number } }>
  if (!collections.some(({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) return
  needed = look()
  placed = 0
}).observe({ entryTypes: ['gc'] })

/** Whether the heap has room for so many structs that are judged, which are counted then: they are put in place now. */
export function takeHeap(structs: number): boolean {
  return take(structs, { now: structs * STRUCT_BYTES, later: structs * STRUCT_BYTES_THAT_STAY })
}

/** Whether it has room for a document of so many structs, and of so many bytes as it is stored, which is counted then. */
export function takeHeapToFill(structs: number, bytes: number): boolean {
  const all = structs * STRUCT_BYTES_THAT_STAY + bytes * TIMES_STORED
  return take(structs, { now: all, later: all })
}

/** Where the heap has no room, Node would end the process, and all drawing. Source: `Heap::CheckIneffectiveMarkCompact` in V8. */
function take(structs: number, bytes: { readonly now: number; readonly later: number }): boolean {
  const isMuch = structs > FEW_STRUCTS
  // Of what is large, several may come before the next look.
  if (isMuch || performance.now() - lookedAt > LOOK_EVERY_MS) look()
  const used = Math.min(inUse, needed + placed)
  if (used + bytes.now > limit * (isMuch ? PART_FOR_MUCH : PART_FOR_FEW)) return false
  placed += bytes.later
  return true
}

function look(): number {
  lookedAt = performance.now()
  inUse = 0
  for (const { space_name: name, space_used_size: bytes } of getHeapSpaceStatistics())
    if (!name.startsWith('new_')) inUse += bytes
  return inUse
}
