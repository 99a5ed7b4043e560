import { userIdSchema } from '@sketchroom/shared/ids'
import type { Kysely, Selectable } from 'kysely'
import type { BlockRecord, BlockStore } from '../../ports/block-store.ts'
import type { Schema } from './schema.ts'

/** Blocked addresses in the table `address_blocks`. */
export class SqlBlockStore implements BlockStore {
  readonly #db: Kysely<Schema>

  constructor(db: Kysely<Schema>) {
    this.#db = db
  }

  async listBlocks(now: number): Promise<BlockRecord[]> {
    const rows = await this.#db
      .selectFrom('address_blocks')
      .selectAll()
      .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', now)]))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return rows.map(toBlock)
  }

  async putBlock({ id, network, reason, createdAt, createdBy, until }: BlockRecord): Promise<BlockRecord> {
    await this.#db.deleteFrom('address_blocks').where('until', '<=', createdAt).execute()
    const row = await this.#db
      .insertInto('address_blocks')
      .values({ id, network, reason, created_at: createdAt, created_by: createdBy, until })
      .onConflict((conflict) =>
        conflict.column('network').doUpdateSet({ reason, created_at: createdAt, created_by: createdBy, until }),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
    return toBlock(row)
  }

  async removeBlock(id: string): Promise<BlockRecord | undefined> {
    const row = await this.#db.deleteFrom('address_blocks').where('id', '=', id).returningAll().executeTakeFirst()
    return row && toBlock(row)
  }
}

function toBlock(row: Selectable<Schema['address_blocks']>): BlockRecord {
  return {
    id: row.id,
    network: row.network,
    reason: row.reason,
    createdAt: row.created_at,
    createdBy: userIdSchema.parse(row.created_by),
    until: row.until,
  }
}
