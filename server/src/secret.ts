import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SECRET_CONTEXT } from './adapters/encryption/contexts.ts'
import { findKeyId, Keyring } from './adapters/encryption/keyring.ts'
import { KeyError } from './adapters/sql/admit-keys.ts'

const LEAST_CHARACTERS = 32

/** What the file begins with when the secret in it is encrypted; base64 follows. */
export const ENCRYPTED = 'encrypted:'

/**
 * The secret that tokens are signed with: generated once, kept in the data directory for the owner's eyes only, encrypted
 * by the first of the keys. Rejects when the file there holds none that could be trusted, or none that can be read.
 */
export async function loadSecret(dataDir: string, keyring = new Keyring([])): Promise<string> {
  const file = join(dataDir, 'jwt-secret')
  try {
    return await readSecret(file, keyring)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  const secret = randomBytes(48).toString('base64url')
  // A link is there whole or not at all, whenever the process dies. Of two that start at once, one comes first.
  await writeSecret(file, secret, keyring, (draft) =>
    link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    }),
  )
  return await readSecret(file, keyring)
}

/**
 * The secret in this file, in plain words whether it is encrypted or not; has it encrypted by the first key, if it is not
 * yet. Rejects as `loadSecret` does, and when there is no file.
 */
export async function readSecret(file: string, keyring: Keyring): Promise<string> {
  const text = (await readFile(file, 'utf8')).trim()
  const sealed = text.startsWith(ENCRYPTED) ? Buffer.from(text.slice(ENCRYPTED.length), 'base64') : undefined
  const secret = sealed ? await openSecret(file, sealed, keyring) : text
  if (secret.length < LEAST_CHARACTERS) {
    const remedy = 'put it back from a backup, or remove the file for a new one, which signs everybody out'
    throw new Error(`${file} must hold at least ${LEAST_CHARACTERS} characters; ${remedy}`)
  }
  const first = keyring.names[0]?.id
  if (first !== undefined && (!sealed || findKeyId(sealed) !== first)) {
    await writeSecret(file, secret, keyring, (draft) => rename(draft, file))
  }
  return secret
}

async function openSecret(file: string, sealed: Uint8Array, keyring: Keyring): Promise<string> {
  const opened =
    findKeyId(sealed) === undefined
      ? undefined
      : await keyring.open(sealed, SECRET_CONTEXT).catch((cause: unknown) => {
          throw new KeyError(`${file} is encrypted by a key that ENCRYPTION_KEY does not have`, { cause })
        })
  if (!opened) throw new Error(`${file} is damaged; put it back from a backup`)
  return new TextDecoder().decode(opened)
}

/** Writes a draft, on the disk and whole, which `put` puts in place. */
async function writeSecret(
  file: string,
  secret: string,
  keyring: Keyring,
  put: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  const sealed = await keyring.seal(new TextEncoder().encode(secret), SECRET_CONTEXT)
  const text = findKeyId(sealed) === undefined ? secret : ENCRYPTED + Buffer.from(sealed).toString('base64')
  try {
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
    await put(draft)
  } finally {
    await rm(draft, { force: true })
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
