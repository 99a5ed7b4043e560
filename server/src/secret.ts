import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const LEAST_CHARACTERS = 32

/**
 * The secret that tokens are signed with: generated once, kept in the data directory for the owner's eyes only.
 * Rejects when the file there holds none that could be trusted.
 */
export async function loadSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'jwt-secret')
  try {
    return await readSecret(file)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    // A link is there whole or not at all, whenever the process dies. Of two that start at once, one comes first.
    await link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  return await readSecret(file)
}

async function readSecret(file: string): Promise<string> {
  const secret = (await readFile(file, 'utf8')).trim()
  if (secret.length >= LEAST_CHARACTERS) return secret
  const remedy = 'put it back from a backup, or remove the file for a new one, which signs everybody out'
  throw new Error(`${file} must hold at least ${LEAST_CHARACTERS} characters; ${remedy}`)
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
