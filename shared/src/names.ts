import { z } from 'zod'

/** Scripts in which a joiner (U+200C, U+200D) between two letters changes how they look: Persian, Hindi, Sinhala and others. */
const JOINED_SCRIPTS = `
  Arabic Syriac Nko Mongolian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala
  Khmer Myanmar Tibetan
`
  .trim()
  .split(/\s+/)
const JOINED = `(?!\\p{Default_Ignorable_Code_Point})[${JOINED_SCRIPTS.map((script) => `\\p{Script_Extensions=${script}}`).join('')}]`
/** Signs after which a joiner may also end a word, as it does in Malayalam. */
const VIRAMA = '[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA]'
const EMOJI = '\\p{Extended_Pictographic}'

/** What cannot be seen by itself and belongs to what stands beside it. */
const BELONGING = [
  // How a character before it is drawn: an emoji in colour, a Japanese name in its own form of a sign.
  '(?<=[^\\s\\p{Default_Ignorable_Code_Point}\\p{Surrogate}])[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}\\u180B-\\u180D\\u180F]',
  // A family, a rainbow flag: emoji that are joined.
  `(?<=${EMOJI}\\uFE0F?|\\p{Emoji_Modifier})\\u200D(?=${EMOJI})`,
  `(?<=${JOINED})[\\u200C\\u200D](?=${JOINED})`,
  `(?<=${VIRAMA})[\\u200C\\u200D]`,
  // The flags of England, Scotland and Wales.
  '(?<=\\u{1F3F4})[\\u{E0061}-\\u{E007A}]{5}\\u{E007F}',
]
/** Half of a character, marks of direction, and all that fonts show nothing of. */
const UNSEEN = '\\p{Surrogate}|\\p{Default_Ignorable_Code_Point}'
const BELONGING_OR_UNSEEN = new RegExp(`(${BELONGING.join('|')})|${UNSEEN}`, 'gu')

/** A name may come with so many times its length: bringing accents into order takes time with the square of their number. */
const MOST_UNSEEN = 8

/** A line break in a name is two lines in a list, and PostgreSQL takes no NUL. */
const NO_CONTROLS = /^[^\p{Cc}\u2028\u2029]*$/u
/** The empty pattern of Braille (U+2800) counts as a sign, and shows none. */
const SOMETHING_SEEN = /(?!\u2800)[\p{L}\p{N}\p{P}\p{S}]/u

/**
 * A name as it is stored: composed (NFC), trimmed, without what nobody sees. Unseen characters come along when a name is
 * pasted, so they are taken out and not refused; left in, they would turn the letters around them (U+202E), or let somebody
 * have another's name. What belongs to a real script or an emoji stays.
 */
function cleanName(name: string): string {
  const seen = name.replaceAll(BELONGING_OR_UNSEEN, (_unseen, belonging: string | undefined) => belonging ?? '')
  const cleaned = seen.normalize('NFC').trim()
  // Accents that found their order may have parted what belonged together.
  return cleaned === name ? name : cleanName(cleaned)
}

function nameSchema(maxLength: number) {
  return z
    .string()
    .max(MOST_UNSEEN * maxLength, { abort: true })
    .overwrite(cleanName)
    .min(1, { abort: true })
    .max(maxLength)
    .regex(NO_CONTROLS, 'must not contain control characters')
    .regex(SOMETHING_SEEN, 'must contain something that can be seen')
}

/** The name of a person: 1 to 80 UTF-16 units once cleaned, no control characters. */
export const displayNameSchema = nameSchema(80)
/** The name of a room: 1 to 120 UTF-16 units once cleaned, no control characters. */
export const roomNameSchema = nameSchema(120)
