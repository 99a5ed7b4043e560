/** Rows on their way between threads: primitives in one flat list, and all blobs in one buffer that is handed over. */
export interface PackedRows {
  readonly columns: readonly string[]
  /** Row by row; `undefined`, which is no value of SQL, stands for the next blob. */
  readonly values: readonly unknown[]
  readonly blobLengths: readonly number[]
  readonly blobs: ArrayBuffer
}

/** Packs rows, each a list of values in the order of `columns`. Blobs are copied once, into a buffer of their own. */
export function packRows(columns: readonly string[], rows: Iterable<readonly unknown[]>): PackedRows {
  const values: unknown[] = []
  const found: Uint8Array[] = []
  for (const row of rows) {
    for (const value of row) {
      if (value instanceof Uint8Array) {
        values.push(undefined)
        found.push(value)
      } else values.push(value)
    }
  }
  return { columns, values, blobLengths: found.map(({ length }) => length), blobs: concatenate(found) }
}

/** The rows as objects; their blobs are views of the one buffer. */
export function unpackRows({ columns, values, blobLengths, blobs }: PackedRows): Array<Record<string, unknown>> {
  const rows: Array<Record<string, unknown>> = []
  let [at, blobIndex] = [0, 0]
  for (let index = 0; index < values.length; index += columns.length) {
    const row: Record<string, unknown> = {}
    for (const [offset, column] of columns.entries()) {
      const value = values[index + offset]
      if (value === undefined) {
        const length = blobLengths[blobIndex++] ?? 0
        row[column] = new Uint8Array(blobs, at, length)
        at += length
      } else row[column] = value
    }
    rows.push(row)
  }
  return rows
}

/** All bytes one after the other, in a buffer that nobody else has. */
export function concatenate(parts: readonly Uint8Array[]): ArrayBuffer {
  const buffer = new ArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0))
  const bytes = new Uint8Array(buffer)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return buffer
}
