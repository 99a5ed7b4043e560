import type { Kysely } from 'kysely'
import type { Keyring } from '../encryption/keyring.ts'
import type { Schema } from './schema.ts'

/** What is stored cannot be read, or not all of it, with the keys that were given. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
}

/** Rejects with `KeyError` unless the keyring has every key by which something may be encrypted in a database. */
export async function requireKeys(db: Kysely<Schema>, keyring: Keyring): Promise<void> {
  const given = new Map(keyring.names.map(({ id, check }) => [id, check]))
  const needed = await db.selectFrom('encryption_keys').selectAll().execute()
  const missing = needed.filter(({ id, check_value }) => given.get(id) !== check_value).map(({ id }) => id)
  if (missing.length === 0) return
  const [what, names] = [missing.length === 1 ? 'the key' : 'the keys', missing.join(', ')]
  throw new KeyError(
    given.size === 0
      ? `what is stored is encrypted by ${what} ${names}; set ENCRYPTION_KEY`
      : `what is stored is encrypted by ${what} ${names}, which ENCRYPTION_KEY does not have; it has ${[...given.keys()].join(', ')}`,
  )
}

/** Does so, and rejects as well when no server has been started with the first key, as it would go on writing by another. */
export async function requireKeysInUse(db: Kysely<Schema>, keyring: Keyring): Promise<void> {
  await requireKeys(db, keyring)
  const [first] = keyring.names
  if (!first) return
  const known = await db.selectFrom('encryption_keys').select('id').where('id', '=', first.id).executeTakeFirst()
  if (known) return
  throw new KeyError('no server has been started with this ENCRYPTION_KEY, by whose first key it would encrypt')
}

/** Requires the keys, and notes the key that this process encrypts with, before anything is. */
export async function admitKeys(db: Kysely<Schema>, keyring: Keyring): Promise<void> {
  await requireKeys(db, keyring)
  await noteFirstKey(db, keyring)
}

/** So often a server notes its key again, in milliseconds: whoever has taken it out learns that it is still written by. */
const NOTE_EVERY_MS = 5_000
/** When every server that is there has noted its key again, in milliseconds, a slow one too. */
export const ALL_NOTED_MS = NOTE_EVERY_MS + 2_500

/** Notes the key by which this process encrypts, again and again, until what it answers is called. */
export function keepKeyNoted(db: Kysely<Schema>, keyring: Keyring): () => void {
  if (!keyring.names[0]) return () => undefined
  // A database that is away is asked again.
  const note = () => void noteFirstKey(db, keyring).catch(() => undefined)
  const timer = setInterval(note, NOTE_EVERY_MS).unref()
  return () => clearInterval(timer)
}

async function noteFirstKey(db: Kysely<Schema>, keyring: Keyring): Promise<void> {
  const [first] = keyring.names
  if (!first) return
  await db
    .insertInto('encryption_keys')
    .values({ id: first.id, check_value: first.check })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}
