import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Keyring } from './adapters/encryption/keyring.ts'
import { loadSecret } from './secret.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

test('a secret is made once, whole, for the owner only, and nothing else is left behind', async () => {
  const secret = await loadSecret(dataDir)
  expect(secret).toMatch(/^[\w-]{64}$/)
  expect(await loadSecret(dataDir)).toBe(secret)
  expect(await readdir(dataDir)).toEqual(['jwt-secret'])
  expect((await stat(join(dataDir, 'jwt-secret'))).mode & 0o777).toBe(0o600)
})

test('of many that start at once, all have the same secret', async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, () => loadSecret(dataDir)))
  expect(new Set(secrets).size).toBe(1)
  expect(await readdir(dataDir)).toEqual(['jwt-secret'])
})

test.each(['', '\n', 'x'.repeat(31)])(
  'a file with the secret %j is refused by name, and left as it is',
  async (text) => {
    const file = join(dataDir, 'jwt-secret')
    await writeFile(file, text)
    await expect(loadSecret(dataDir)).rejects.toThrow(`${file} must hold at least 32 characters`)
    expect(await readFile(file, 'utf8')).toBe(text)
  },
)

test('a data directory that cannot be written to is an error', async () => {
  await expect(loadSecret(join(dataDir, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('with a key, the secret is encrypted, one that was plain too, and by a new key as soon as that is there', async () => {
  const [old, fresh] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const file = join(dataDir, 'jwt-secret')
  const secret = await loadSecret(dataDir)
  expect(await loadSecret(dataDir, new Keyring([old]))).toBe(secret)
  expect(await readFile(file, 'utf8')).not.toContain(secret)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await expect(loadSecret(dataDir)).rejects.toThrow('is encrypted by a key that ENCRYPTION_KEY does not have')
  expect(await loadSecret(dataDir, new Keyring([fresh, old]))).toBe(secret)
  expect(await loadSecret(dataDir, new Keyring([fresh]))).toBe(secret)
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -9))
  await expect(loadSecret(dataDir, new Keyring([fresh]))).rejects.toThrow('is damaged')
})
