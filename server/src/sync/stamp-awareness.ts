import { MAX_PRESENCE_BYTES, type PresenceUser } from '@sketchroom/shared/presence'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { Awareness } from 'y-protocols/awareness'
import { MAX_AWARENESS_CLIENTS } from './awareness-owners.ts'

/** What somebody's editor says of itself nests three deep; what is far deeper is made to overflow a stack. */
const MAX_DEPTH = 64

/** Decides whether this connection may speak for an awareness client, with a state of this clock. */
export type ClaimClient = (clientId: number, clock: number) => boolean

/** Whose awareness it is, as the server knows. */
export interface Speaker {
  readonly user: PresenceUser
  readonly role: Role
}

/**
 * Makes an awareness update safe to pass on: entries for clients that belong to somebody else are left
 * out, `user` in what remains is replaced by who the server knows this connection to be, and `motion` is
 * dropped unless they may draw. Undefined when nothing remains. Throws when the update does not decode, is too
 * large or nests too deep. Format: y-protocols.
 */
export function stampAwareness(update: Uint8Array, speaker: Speaker, claim: ClaimClient): Uint8Array | undefined {
  const decoder = decoding.createDecoder(update)
  const count = decoding.readVarUint(decoder)
  // Clients also repeat what others said, and removals of those that timed out on their side: left out below.
  const entries = encoding.createEncoder()
  let kept = 0
  for (let index = 0; index < count; index++) {
    const clientId = decoding.readVarUint(decoder)
    const clock = decoding.readVarUint(decoder)
    const json = decoding.readVarString(decoder)
    if (Buffer.byteLength(json) > MAX_PRESENCE_BYTES) throw new RangeError('awareness state is too large')
    if (kept >= MAX_AWARENESS_CLIENTS || !claim(clientId, clock)) continue
    const state: unknown = JSON.parse(json)
    if (isTooDeep(state, MAX_DEPTH)) throw new RangeError('a value nests too deep')
    writeEntry(entries, clientId, clock, stamp(state, speaker))
    kept += 1
  }
  return kept === 0 ? undefined : toUpdate(kept, entries)
}

/**
 * The awareness that these clients have, stamped anew for a speaker who has become somebody else: as their next
 * update, so that everybody takes it. One that a client sends at the same moment loses to it; the next does not.
 */
export function stampAnew(awareness: Awareness, clients: Iterable<number>, speaker: Speaker): Uint8Array {
  const entries = encoding.createEncoder()
  let kept = 0
  for (const clientId of clients) {
    const [state, meta] = [awareness.states.get(clientId), awareness.meta.get(clientId)]
    if (!state || !meta) continue
    writeEntry(entries, clientId, meta.clock + 1, stamp(state, speaker))
    kept += 1
  }
  return toUpdate(kept, entries)
}

function stamp(state: unknown, { user, role }: Speaker): unknown {
  if (!isRecord(state)) return null
  // Others see elements where `motion` puts them, so it is drawing. JSON leaves out what is undefined.
  return mayDraw(role) ? { ...state, user } : { ...state, user, motion: undefined }
}

function writeEntry(encoder: encoding.Encoder, clientId: number, clock: number, state: unknown): void {
  encoding.writeVarUint(encoder, clientId)
  encoding.writeVarUint(encoder, clock)
  encoding.writeVarString(encoder, JSON.stringify(state))
}

function toUpdate(count: number, entries: encoding.Encoder): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, count)
  encoding.writeUint8Array(encoder, encoding.toUint8Array(entries))
  return encoding.toUint8Array(encoder)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  return Object.values(value).some((child) => isTooDeep(child, left - 1))
}
