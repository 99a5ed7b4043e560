/** The rows that one step of a clean-up looks at, in the order of their ids: few, so that it holds nobody up. */
export interface PurgeSlice {
  /** Only what comes after this id; empty at the start. */
  readonly after: string
  readonly limit: number
}

/** What one step took away, and where the next one begins. */
export interface PurgedSlice {
  readonly removed: number
  /** The last id that was looked at; undefined when nothing comes after it. */
  readonly next: string | undefined
}
