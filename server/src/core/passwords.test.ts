import { afterAll, expect, test } from 'vitest'
import { createPasswords } from './passwords.ts'

// Cheap, so that the tests are quick; what they show does not depend on the cost.
const passwords = createPasswords({ threads: 1, cost: 4 })
afterAll(() => passwords.close())

test('a password fits its own hash and no other', async () => {
  const hash = await passwords.hash('correct horse')
  expect(hash).toMatch(/^\$2[aby]\$04\$/)
  expect(await passwords.verify('correct horse', hash)).toBe(true)
  expect(await passwords.verify('correct horsf', hash)).toBe(false)
  expect(await passwords.hash('correct horse')).not.toBe(hash)
})

test('a long password counts in full', async () => {
  const start = 'x'.repeat(79)
  const hash = await passwords.hash(`${start}a`)
  expect(await passwords.verify(`${start}a`, hash)).toBe(true)
  expect(await passwords.verify(`${start}b`, hash)).toBe(false)
})

test('a password with a zero byte counts in full', async () => {
  const hash = await passwords.hash('start\u0000end')
  expect(await passwords.verify('start\u0000other', hash)).toBe(false)
})

test('the same letters, composed another way, are the same password', async () => {
  const hash = await passwords.hash('caf\u00e9 au lait')
  expect(await passwords.verify('cafe\u0301 au lait', hash)).toBe(true)
})

test('without a hash nothing fits, after the same work', async () => {
  const dear = createPasswords({ threads: 1, cost: 10 })
  try {
    const hash = await dear.hash('correct horse')
    const timed = async (against: string | null): Promise<number> => {
      const startedAt = performance.now()
      expect(await dear.verify('wrong horse', against)).toBe(false)
      return performance.now() - startedAt
    }
    const ratios: number[] = []
    for (let n = 0; n < 5; n++) ratios.push((await timed(null)) / (await timed(hash)))
    const median = ratios.sort((a, b) => a - b)[2] ?? 0
    // Without the work the ratio is below 0.1.
    expect(median).toBeGreaterThan(0.3)
    expect(median).toBeLessThan(3)
  } finally {
    await dear.close()
  }
})

test('the default cost is at least 10', async () => {
  const usual = createPasswords({ threads: 1 })
  try {
    expect(Number((await usual.hash('x')).split('$')[2])).toBeGreaterThanOrEqual(10)
  } finally {
    await usual.close()
  }
})
