import type { SqlDatabase } from './sql-database.ts'

/** Opens two connections, or none: the first is closed again when the second cannot be opened. */
export async function openPair(open: () => Promise<SqlDatabase>): Promise<[SqlDatabase, SqlDatabase]> {
  const first = await open()
  try {
    return [first, await open()]
  } catch (error) {
    await first.close()
    throw error
  }
}
