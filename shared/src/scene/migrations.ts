import type * as Y from 'yjs'
import { META_ROOT } from './document.ts'

/** The version of the format that this code writes. */
export const SCHEMA_VERSION = 1

/** Brings a document from `from` to `from + 1`. Runs in a transaction; running it twice changes nothing more. */
export interface Migration {
  readonly from: number
  readonly migrate: (doc: Y.Doc) => void
}

/** The steps from each version to the next. Version 1 is the first, so there are none yet. */
export const MIGRATIONS: readonly Migration[] = []

/** What a document's schema allows: `newer` may be read by what is known of it, and must not be written. */
export type SchemaState = 'new' | 'current' | 'older' | 'newer'

/** How a document's schema stands to a version. A document that says nothing, or no number, is new. */
export function schemaState(doc: Y.Doc, version = SCHEMA_VERSION): SchemaState {
  const schema: unknown = doc.getMap(META_ROOT).get('schema')
  if (typeof schema !== 'number' || !(schema >= 1)) return 'new'
  return schema === version ? 'current' : schema < version ? 'older' : 'newer'
}

/**
 * Makes a document one of the given version: stamps a new one, takes an older one through the steps. Says false
 * and changes nothing when it is newer. Call it in the transaction of the first write, so that looking writes
 * nothing; clients that migrate at the same time write the same.
 */
export function prepareForWriting(
  doc: Y.Doc,
  migrations: readonly Migration[] = MIGRATIONS,
  version = SCHEMA_VERSION,
): boolean {
  const state = schemaState(doc, version)
  if (state === 'newer') return false
  if (state === 'current') return true
  doc.transact(() => {
    const meta = doc.getMap(META_ROOT)
    if (state === 'older') {
      for (const step of migrations) if (step.from >= (meta.get('schema') as number)) step.migrate(doc)
    }
    meta.set('schema', version)
  })
  return true
}
