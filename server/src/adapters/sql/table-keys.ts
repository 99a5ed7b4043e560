import type { Schema } from './schema.ts'

/** Every table with its key, and parents before what refers to them: in this order, whole databases are copied. */
export const TABLE_KEYS = {
  encryption_keys: ['id'],
  users: ['id'],
  sessions: ['id'],
  rooms: ['id'],
  memberships: ['room_id', 'user_id'],
  client_transfers: ['from_user'],
  room_clients: ['room_id', 'client'],
  room_documents: ['room_id'],
  room_snapshots: ['room_id', 'seq'],
  room_updates: ['room_id', 'seq'],
  address_blocks: ['id'],
  journal_batches: ['id'],
} as const satisfies Record<keyof Schema, readonly string[]>

/** The name of a table. */
export type Table = keyof typeof TABLE_KEYS

/** What has the bytes of drawings in it. */
export const RECORD_TABLES = ['room_updates', 'room_snapshots'] as const

/** The name of one of them. */
export type RecordTable = (typeof RECORD_TABLES)[number]

/** What is of one room's document. */
export const DOCUMENT_TABLES = [...RECORD_TABLES, 'room_clients', 'room_documents'] as const

/** What a copy has, in order. Of a batch, only the process that wrote it asks what it was answered. */
export const COPIED_TABLES = (Object.keys(TABLE_KEYS) as Table[]).filter((table) => table !== 'journal_batches')
