import type { Motion, Presence, PresenceUser } from '@sketchroom/shared/presence'
import { isElementId } from '@sketchroom/shared/scene/element'

const MAX_SELECTION = 500
const MAX_MOTION = 50
const ACTIVITIES = ['active', 'idle', 'away'] as const

/** Takes what is sound of somebody's awareness state. The server wrote `user`; the rest a peer may have made up. */
export function parsePresence(state: unknown): Presence {
  if (!isObject(state)) return {}
  const { user, pointer, selection, viewport, motion } = state
  const activity = ACTIVITIES.find((known) => known === state.activity)
  return {
    ...(isUser(user) && { user: { id: user.id, name: user.name, color: user.color } }),
    ...(isPointer(pointer) && { pointer }),
    ...(Array.isArray(selection) && { selection: selection.slice(0, MAX_SELECTION).filter(isElementId) }),
    ...(isViewport(viewport) && { viewport }),
    ...(isObject(motion) && { motion: parseMotion(motion) }),
    ...(activity && { activity }),
  }
}

/** Motions by element; what each says is checked where it is drawn. */
function parseMotion(motion: Readonly<Record<string, unknown>>): Record<string, Motion> {
  const entries = Object.entries(motion).slice(0, MAX_MOTION)
  return Object.fromEntries(entries.filter(([id, value]) => isElementId(id) && isObject(value))) as Record<
    string,
    Motion
  >
}

function isUser(value: unknown): value is PresenceUser {
  if (!isObject(value)) return false
  const { id, name, color } = value
  return (
    typeof id === 'string' && typeof name === 'string' && typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color)
  )
}

function isPointer(value: unknown): value is NonNullable<Presence['pointer']> {
  if (!isObject(value)) return false
  return (
    areFinite(value.x, value.y) &&
    (value.tool === 'pointer' || value.tool === 'laser') &&
    typeof value.down === 'boolean'
  )
}

function isViewport(value: unknown): value is NonNullable<Presence['viewport']> {
  if (!isObject(value) || !areFinite(value.x, value.y, value.width, value.height, value.zoom)) return false
  return Number(value.width) > 0 && Number(value.height) > 0
}

function areFinite(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'number' && Math.abs(value) <= 1e9)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
