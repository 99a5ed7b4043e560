const WORDS: Readonly<Record<string, string>> = {
  link: 'A link begins with http://, https:// or mailto:. This one was not kept.',
  words: 'A text has 100,000 characters at most. The rest was cut off.',
  via: 'A line has 10,000 points at most. The rest was cut off.',
  name: 'The name of a frame has 256 characters at most. The rest was cut off.',
}

/** Says what of an element could not be kept, given the keys that were cut or left out. */
export function notKeptWords(keys: readonly string[]): string {
  const known = keys.map((key) => WORDS[key]).find((words) => words !== undefined)
  return known ?? 'Not all of this can be kept on a board. It is shown as it is saved.'
}
