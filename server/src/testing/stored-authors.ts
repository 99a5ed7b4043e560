import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Who has drawn on a board, as a server that keeps its data in this directory has stored it: a name for each Yjs client. */
export function readStoredAuthors(dataDir: string, roomId: string): Map<number, string> {
  const database = new Database(join(dataDir, 'sketchroom.db'), { readonly: true })
  try {
    const authors = database.prepare<[string], { client: number; name: string }>(
      'select client, name from room_clients join users on users.id = user_id where room_id = ?',
    )
    return new Map(authors.all(roomId).map(({ client, name }) => [client, name]))
  } finally {
    database.close()
  }
}
