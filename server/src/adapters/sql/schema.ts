import type { Generated } from 'kysely'

/** The tables, as Kysely sees them. Times are milliseconds since 1970; booleans do not occur. */
export interface Schema {
  users: {
    id: string
    name: string
    email: string | null
    password_hash: string | null
    created_at: number
  }
  sessions: {
    id: string
    user_id: string
    refresh_hash: string
    created_at: number
    expires_at: number
    rotated_at: number | null
    revoked_at: number | null
  }
  rooms: {
    id: string
    name: string
    slug: string | null
    access: string
    /** JSON object of strings. */
    metadata: string
    created_at: number
    updated_at: number
    deleted_at: number | null
    version: number
  }
  memberships: {
    room_id: string
    user_id: string
    role: string | null
    joined_at: number
    removed_at: number | null
  }
  room_documents: {
    room_id: string
    head: number
    snapshot: Uint8Array | null
    snapshot_seq: Generated<number>
    /** Why the snapshot was set aside; null when it is sound. */
    snapshot_quarantined: string | null
  }
  room_updates: {
    room_id: string
    seq: number
    bytes: Uint8Array
    actor: string | null
    at: number
    /** Why the record was set aside; null when it is sound. */
    quarantined: string | null
  }
}
