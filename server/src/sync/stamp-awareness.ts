import { MAX_PRESENCE_BYTES, type PresenceUser } from '@sketchroom/shared/presence'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/** An update that holds more clients than one tab has reason to speak for. */
const MAX_CLIENTS = 8

/** Decides whether this connection may speak for an awareness client. */
export type ClaimClient = (clientId: number) => boolean

/**
 * Makes an awareness update safe to pass on: entries for clients that belong to somebody else are left
 * out, and `user` in what remains is replaced by who the server knows this connection to be. Undefined
 * when nothing remains. Throws when the update does not decode or is too large. Format: y-protocols.
 */
export function stampAwareness(update: Uint8Array, user: PresenceUser, claim: ClaimClient): Uint8Array | undefined {
  const decoder = decoding.createDecoder(update)
  const count = decoding.readVarUint(decoder)
  // Clients also repeat removals of others that timed out on their side; those are left out below.
  const encoder = encoding.createEncoder()
  let kept = 0
  for (let index = 0; index < count; index++) {
    const clientId = decoding.readVarUint(decoder)
    const clock = decoding.readVarUint(decoder)
    const json = decoding.readVarString(decoder)
    if (json.length > MAX_PRESENCE_BYTES) throw new RangeError('awareness state is too large')
    if (kept >= MAX_CLIENTS || !claim(clientId)) continue
    const state: unknown = JSON.parse(json)
    encoding.writeVarUint(encoder, clientId)
    encoding.writeVarUint(encoder, clock)
    encoding.writeVarString(encoder, JSON.stringify(isRecord(state) ? { ...state, user } : null))
    kept += 1
  }
  if (kept === 0) return undefined
  const stamped = encoding.createEncoder()
  encoding.writeVarUint(stamped, kept)
  encoding.writeUint8Array(stamped, encoding.toUint8Array(encoder))
  return encoding.toUint8Array(stamped)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
