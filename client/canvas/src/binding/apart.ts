/**
 * Does what concerns one element. What is on a board may come from anybody: if one element makes something throw that
 * nobody has foreseen, the others are shown and written all the same. Then it does `instead`.
 */
export function apart<T>(work: () => T, instead: () => T | undefined = () => undefined): T | undefined {
  try {
    return work()
  } catch (error) {
    // A fault of ours, and this is its only trace.
    // oxlint-disable-next-line no-console
    console.error('SketchRoom: an element is passed over.', error)
    return instead()
  }
}
