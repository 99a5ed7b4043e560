import bcrypt from 'bcryptjs'
import { Piscina } from 'piscina'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
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
  const jobs = vi.spyOn(Piscina.prototype, 'run')
  onTestFinished(() => jobs.mockRestore())
  const hash = await passwords.hash('correct horse')
  expect(await passwords.verify('wrong horse', hash)).toBe(false)
  expect(await passwords.verify('wrong horse', null)).toBe(false)
  const [, against, without] = jobs.mock.calls.map(([job]: unknown[]) => job as { prehash: string; hash: string })
  if (!against || !without) throw new Error('no comparison was made')
  expect(without.prehash).toBe(against.prehash)
  expect(bcrypt.getRounds(without.hash)).toBe(bcrypt.getRounds(hash))
  // bcrypt compares by hashing with the salt of the other; only one that is malformed would spare it the work.
  expect(without.hash).toHaveLength(hash.length)
  expect(await bcrypt.hash(without.prehash, without.hash.slice(0, 29))).not.toBe(without.hash)
})

test('the default cost is at least 10', async () => {
  const usual = createPasswords({ threads: 1 })
  try {
    expect(Number((await usual.hash('x')).split('$')[2])).toBeGreaterThanOrEqual(10)
  } finally {
    await usual.close()
  }
})
