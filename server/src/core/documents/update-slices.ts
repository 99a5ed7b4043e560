import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { rangesOfDocument } from './clock-ranges.ts'

type Struct = Y.Item | Y.GC

/** Integrating so many takes Yjs a few milliseconds. */
const STRUCTS_PER_SLICE = 1_500

/**
 * A document as several updates, each of which needs only those before it, so that another document can be filled with
 * them one at a time. Undefined for one that keeps something pending: what that depends on is not there.
 */
export function sliceDocument(document: Y.Doc, structsPerSlice = STRUCTS_PER_SLICE): Uint8Array[] | undefined {
  const { store } = document
  if (store.pendingStructs !== null || store.pendingDs !== null) return undefined
  const slices: Uint8Array[] = []
  let slice = new Map<number, Struct[]>()
  let count = 0
  for (const struct of inCausalOrder(store.clients)) {
    const ofClient = slice.get(struct.id.client)
    if (ofClient) ofClient.push(struct)
    else slice.set(struct.id.client, [struct])
    count += 1
    if (count % structsPerSlice !== 0) continue
    slices.push(encodeStructs(slice))
    slice = new Map()
  }
  if (slice.size > 0) slices.push(encodeStructs(slice))
  return [...slices, encodeDeletions(document)]
}

/** Each struct after those that it refers to; those of one client in the order of their clocks. */
function* inCausalOrder(clients: ReadonlyMap<number, readonly Struct[]>): Generator<Struct> {
  const next = new Map<number, number>()
  const reach = new Map<number, number>()
  for (const client of clients.keys()) {
    // Whoever is on top is waited for by the one below.
    const stack = [client]
    while (stack.length > 0) {
      const current = stack.at(-1) as number
      const index = next.get(current) ?? 0
      const struct = clients.get(current)?.[index]
      if (!struct) {
        stack.pop()
        continue
      }
      const missing = referencesOf(struct).find(
        (id) => id.client !== current && id.clock >= (reach.get(id.client) ?? 0),
      )
      if (missing) {
        stack.push(missing.client)
        continue
      }
      next.set(current, index + 1)
      reach.set(current, struct.id.clock + struct.length)
      yield struct
      // The one below may have what it waited for; it comes back here if not.
      if (stack.length > 1) stack.pop()
    }
  }
}

function referencesOf(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return []
  // oxlint-disable-next-line no-underscore-dangle -- what Yjs itself looks at, and has no other name for
  const parent = struct.parent instanceof Y.AbstractType ? (struct.parent._item?.id ?? null) : null
  return [struct.origin, struct.rightOrigin, parent].filter((id) => id !== null)
}

/** An update in Yjs's v1 encoding that inserts these and deletes nothing. */
function encodeStructs(slice: ReadonlyMap<number, readonly Struct[]>): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  encoding.writeVarUint(encoder.restEncoder, slice.size)
  for (const [client, structs] of slice) {
    encoding.writeVarUint(encoder.restEncoder, structs.length)
    encoder.writeClient(client)
    encoding.writeVarUint(encoder.restEncoder, structs[0]?.id.clock ?? 0)
    for (const struct of structs) struct.write(encoder, 0)
  }
  encoding.writeVarUint(encoder.restEncoder, 0)
  return encoder.toUint8Array()
}

function encodeDeletions(document: Y.Doc): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 0)
  rangesOfDocument(document).deleted.write(encoder)
  return encoding.toUint8Array(encoder)
}
