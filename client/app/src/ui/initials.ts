const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** One or two characters that stand for a name: the first of the first and of the last word. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words
  return ends.map((word) => firstCharacter(word ?? '')).join('') || '?'
}

/** A whole one: an emoji of a family is one character to people. */
function firstCharacter(word: string): string {
  const [first] = characters.segment(word)
  return first?.segment.toLocaleUpperCase() ?? ''
}
