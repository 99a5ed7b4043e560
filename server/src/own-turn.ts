const waiting: Array<() => void> = []

function letNextIn(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(letNextIn)
}

/**
 * Resolves in a turn of the event loop that nobody else who asks is given. What a crowd brings, such as people to be let
 * in and boards to be read, begins one after the other, so that between two of them the sockets of those who draw are
 * heard, and what they drew is committed.
 */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(letNextIn)
  })
}
