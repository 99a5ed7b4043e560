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
    /** The number of the room's last update: this row gives out the numbers. */
    head: number
  }
  room_updates: {
    room_id: string
    seq: number
    /** Null when the server made it. */
    author: string | null
    at: number
    /** CRC-32 of the bytes, unsigned. */
    crc: number
    /** Why the record was set aside; null when it is sound. */
    quarantined: string | null
    /** Empty in rows that were written before there were any. */
    ranges: Uint8Array
    bytes: Uint8Array
  }
  room_snapshots: {
    room_id: string
    seq: number
    at: number
    label: string | null
    /** CRC-32 of the bytes, unsigned. */
    crc: number
    /** Why the record was set aside; null when it is sound. */
    quarantined: string | null
    /** Empty in rows that were written before there were any. */
    ranges: Uint8Array
    bytes: Uint8Array
  }
  room_clients: {
    room_id: string
    /** A Yjs client that has written in the room. */
    client: number
    /** Whose it is; empty when it is nobody's. */
    user_id: string
  }
  client_transfers: {
    /** Who has become somebody else: what `room_clients` says is theirs is of `to_user`. */
    from_user: string
    to_user: string
  }
  encryption_keys: {
    /** Eight hexadecimal digits: what was encrypted by the key has them at its beginning. */
    id: string
    /** What only who has the key can come to. */
    check_value: string
  }
  address_blocks: {
    id: string
    /** An address with the length of its network, as in `203.0.113.7/32`. */
    network: string
    reason: string
    created_at: number
    /** The administrator's id. */
    created_by: string
    /** When it ends; null: never by itself. */
    until: number | null
  }
  journal_batches: {
    id: string
    at: number
    /** JSON array: the number that the first update of each room was given, the rooms in the order of their ids. */
    first_seqs: string
  }
}
