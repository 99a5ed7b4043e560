/**
 * What an update is sealed with beside its bytes: where it belongs, who made it and when. Not its number, which the
 * database gives out while it is written; in another order, updates come to the same drawing.
 */
export function updateContext(
  roomId: string,
  { author, at, crc }: { readonly author: string | null; readonly at: number; readonly crc: number },
): string {
  return JSON.stringify(['update', roomId, author, at, crc])
}

/** What a snapshot is sealed with. Not its label, which may be given later. */
export function snapshotContext(
  roomId: string,
  { seq, at, crc }: { readonly seq: number; readonly at: number; readonly crc: number },
): string {
  return JSON.stringify(['snapshot', roomId, seq, at, crc])
}

/** What the secret that tokens are signed with is sealed with. */
export const SECRET_CONTEXT: string = JSON.stringify(['jwt-secret'])
