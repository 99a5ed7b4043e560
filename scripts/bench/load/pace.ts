/**
 * Says how many times something that happens `hz` times a second has happened, at a time in milliseconds. Those of
 * different `phase`, 0 to 1, are out of step. With `pairGapMs` it comes in pairs, so far apart, and half as often.
 */
export function createPace(hz: number, phase: number, pairGapMs?: number): (elapsedMs: number) => number {
  if (pairGapMs === undefined) return (elapsedMs) => Math.floor((elapsedMs * hz) / 1000 + phase)
  const pairsPerMs = hz / 2 / 1000
  return (elapsedMs) =>
    Math.floor(elapsedMs * pairsPerMs + phase) + Math.floor((elapsedMs - pairGapMs) * pairsPerMs + phase)
}
