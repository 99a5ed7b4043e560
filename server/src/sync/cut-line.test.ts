import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CutLine, type Asker } from './cut-line.ts'

const MB = 1024 * 1024

/** Threads that take as long as the test likes. */
function open() {
  const begun: string[] = []
  const ends: Array<() => void> = []
  const line = new CutLine({
    cut: async ([update]) => {
      begun.push(new TextDecoder().decode(update?.subarray(0, 6)).trim())
      await new Promise<void>((resolve) => ends.push(resolve))
      return { pieces: [], ranges: new Uint8Array() }
    },
    measure: async () => [],
  })
  return {
    begun,
    /** Somebody opens a board of so many bytes, by this name of six letters at most. */
    cut: (name: string, sessions: Asker[], { bytes = MB, isGone = false } = {}) => {
      const room = { sessions: () => sessions, isGone }
      const update = new Uint8Array(bytes)
      update.set(new TextEncoder().encode(name.padEnd(6)))
      return line.of(() => room).cut([update])
    },
    /** One of those that were begun ends. */
    end: async () => {
      ends.shift()?.()
      for (let n = 0; n < 5; n++) await turn()
    },
  }
}

const from = (id: string, clientAddress = id): Asker => ({ user: { id }, clientAddress })

test('one guest who opens many large boards cannot have others wait for theirs', async () => {
  const { begun, cut, end } = open()
  for (let n = 0; n < 28; n++) void cut(`eve ${n}`, [from('eve')])
  // The other thread is nobody's who has one.
  expect(begun).toEqual(['eve 0'])
  void cut('ada', [from('ada')])
  expect(begun).toEqual(['eve 0', 'ada'])
  void cut('bob', [from('bob')])
  await end()
  expect(begun).toEqual(['eve 0', 'ada', 'bob'])
  await end()
  expect(begun).toEqual(['eve 0', 'ada', 'bob', 'eve 1'])
})

test('many guests of one address cannot either', async () => {
  const { begun, cut, end } = open()
  for (let n = 0; n < 28; n++) void cut(`eve ${n}`, [from(`eve ${n}`, 'one address')])
  expect(begun).toEqual(['eve 0', 'eve 1'])
  void cut('ada', [from('ada')])
  await end()
  expect(begun.at(-1)).toBe('ada')
})

test('who comes to a board that waits for its turn has it wait no longer than one of their own', async () => {
  const { begun, cut, end } = open()
  const crowd = [from('eve')]
  for (let n = 0; n < 3; n++) void cut(`eve ${n}`, [from('eve')])
  void cut('theirs', crowd)
  crowd.push(from('ada'))
  await end()
  expect(begun.slice(0, 2)).toEqual(['eve 0', 'theirs'])
})

test('what nobody waits for any more takes no thread', async () => {
  const { begun, cut } = open()
  await expect(cut('gone', [from('bob')], { isGone: true })).rejects.toThrow('left memory')
  expect(begun).toEqual([])
})

test('what the server itself does in a room where nobody is has its turn, too', async () => {
  const { begun, cut, end } = open()
  for (let n = 0; n < 2; n++) void cut(`eve ${n}`, [from('eve')])
  for (let n = 0; n < 2; n++) void cut(`own ${n}`, [])
  await end()
  await end()
  expect(begun.slice(0, 3)).toEqual(['eve 0', 'own 0', 'eve 1'])
})
