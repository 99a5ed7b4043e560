import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayNameSchema, roomNameSchema } from './names.ts'

const clean = (name: string) => displayNameSchema.parse(name)
/** Nothing to see, and no part of anything: zero width, direction, fillers, tags, halves of characters. */
const UNSEEN = `
  200B 200C 200D 200E 200F 2060 FEFF 00AD 034F 061C 180E 202A 202B 202C 202D 202E 2066 2067 2068 2069 2063 3164 115F
  E0001 E0041 E007F FFF0 D83D
`
  .trim()
  .split(/\s+/)
  .map((hex) => String.fromCodePoint(Number.parseInt(hex, 16)))

/** What is in no name. Compiled once: classes of characters take their time. */
const NEVER = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200B\u2060\uFEFF\u3164]|\p{Surrogate}/u
/** What belongs to something, with nothing before it. */
const ALONE = /(?:^|\s)\p{Default_Ignorable_Code_Point}/u

test.each([
  'Ada Lovelace',
  'Søren Ångström-Ðu’Zé',
  'می‌خواهم',
  'فاطمه‌سادات',
  'क्‍ष ज्ञ',
  'ශ්‍රී ලංකා',
  'അവന്‍',
  '渡邉\u{E0101} 葛󠄀城',
  '👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🧑‍❤️‍💋‍🧑',
  '❤️ 1️⃣ ✈︎',
  'محمد and דוד',
  'ทวีศักดิ์ สมชาย',
  'Ấn Độ',
])('%s is a name as it stands', (name) => {
  expect(clean(name)).toBe(name)
})

test.each([
  ['  Ada ', 'Ada'],
  ['Ada\u200B', 'Ada'],
  ['\u202EadA\u202C', 'adA'],
  ['\u2068Ada\u2069', 'Ada'],
  ['A\u0308da', 'Äda'],
  ['A\u200D\u0308da', 'Äda'],
  ['A\u200Dda', 'Ada'],
  ['Ada \uFE0F', 'Ada'],
  ['🏴\u{E0068}\u{E0069}\u{E007F}', '🏴'],
  ['👩\u200D', '👩'],
])('%j is stored as %s', (name, stored) => {
  expect(clean(name)).toBe(stored)
})

test.each(['', '   ', '\u200B\u200D', '\u3164', '\u2800', '\uFE0F', '\u0301', '\u00A0\u202E', '\uD83D'])(
  'a name cannot be one that nobody sees (%j)',
  (name) => {
    for (const schema of [displayNameSchema, roomNameSchema]) expect(schema.safeParse(name).success).toBe(false)
  },
)

test.each(['A\0da', 'Ada\nLovelace', 'A\tda', 'A\u007Fda', 'A\u0085da', 'A\u2028da', 'A\u001B[31mda'])(
  'a name cannot hold a control character (%j)',
  (name) => {
    for (const schema of [displayNameSchema, roomNameSchema]) {
      expect(schema.safeParse(name).error?.issues).toMatchObject([{ message: 'must not contain control characters' }])
    }
  },
)

test('nobody can have another’s name by adding what nobody sees', () => {
  const unseen = fc.array(fc.constantFrom(...UNSEEN), { maxLength: 3 }).map((signs) => signs.join(''))
  let runs = 0
  fc.assert(
    fc.property(fc.array(unseen, { minLength: 13, maxLength: 13 }), (between) => {
      runs += 1
      expect(
        clean(
          'Ada Lovelace'
            .split('')
            .map((letter, at) => between[at] + letter)
            .join('') + between[12],
        ),
      ).toBe('Ada Lovelace')
    }),
    { numRuns: 300 },
  )
  expect(runs).toBe(300)
})

test('whatever is taken is clean, and stays as it is when it is taken again', () => {
  const sign = fc.oneof(
    fc.constantFrom(
      ...UNSEEN,
      '\uFE0F',
      '\u{1F3F4}',
      '\u{E0067}',
      ' ',
      'a',
      '\u0308',
      'م',
      'ष',
      '\u094D',
      '👩',
      '🏽',
      '❤',
    ),
    fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point)),
  )
  let taken = 0
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 30 }), (signs) => {
      const result = displayNameSchema.safeParse(signs.join(''))
      if (!result.success) return
      taken += 1
      const name = result.data
      expect(name).not.toMatch(NEVER)
      expect(name).not.toMatch(ALONE)
      expect([name, name.normalize('NFC'), name.trim(), clean(name)]).toEqual([name, name, name, name])
    }),
    { numRuns: 1_000 },
  )
  expect(taken).toBeGreaterThan(200)
})

test('a name that is far too long cannot cost more than looking at its length', () => {
  // To bring 200,000 accents into their order takes 19 seconds.
  const marks = `a${'\u0301\u0323'.repeat(100_000)}`
  for (const schema of [displayNameSchema, roomNameSchema]) {
    const begunAt = performance.now()
    expect(schema.safeParse(marks).error?.issues).toMatchObject([{ code: 'too_big' }])
    expect(performance.now() - begunAt).toBeLessThan(1_000)
  }
})
