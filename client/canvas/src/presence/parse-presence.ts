import type { Motion, Presence, PresenceUser } from '@sketchroom/shared/presence'
import { cutTo, numberBetween } from '@sketchroom/shared/scene/checks'
import { isElementId } from '@sketchroom/shared/scene/element'

const MAX_SELECTION = 500
const MAX_MOTION = 50
/** What is drawn beside a cursor, in characters: the server takes no longer name, but others may run other servers. */
const cutName = cutTo(120)
const MAX_ID_LENGTH = 256
/** How far away a place may be, in pixels: a view goes beyond the drawing, which ends at 10,000,000. */
const coordinate = numberBetween(-1e9, 1e9)
/** How much a window shows, in pixels of the drawing: to follow into less or more shows nothing. */
const extent = numberBetween(1, 1e9)
const ACTIVITIES = ['active', 'idle', 'away'] as const

/** Takes what is sound of somebody's awareness state. The server wrote `user`; the rest a peer may have made up. */
export function parsePresence(state: unknown): Presence {
  if (!isObject(state)) return {}
  const { user, pointer, selection, viewport, motion } = state
  const activity = ACTIVITIES.find((known) => known === state.activity)
  const parsed = { user: parseUser(user), pointer: parsePointer(pointer), viewport: parseViewport(viewport) }
  return {
    ...(parsed.user && { user: parsed.user }),
    ...(parsed.pointer && { pointer: parsed.pointer }),
    ...(Array.isArray(selection) && { selection: selection.slice(0, MAX_SELECTION).filter(isElementId) }),
    ...(parsed.viewport && { viewport: parsed.viewport }),
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

function parseUser(value: unknown): PresenceUser | undefined {
  if (!isObject(value)) return undefined
  const { id, color } = value
  const name = cutName(value.name)
  if (typeof id !== 'string' || id.length > MAX_ID_LENGTH || name === undefined) return undefined
  return typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? { id, name, color } : undefined
}

function parsePointer(value: unknown): Presence['pointer'] {
  if (!isObject(value)) return undefined
  const { tool, down } = value
  const [x, y] = [coordinate(value.x), coordinate(value.y)]
  if (x === undefined || y === undefined || typeof down !== 'boolean') return undefined
  return tool === 'pointer' || tool === 'laser' ? { x, y, tool, down } : undefined
}

function parseViewport(value: unknown): Presence['viewport'] {
  if (!isObject(value)) return undefined
  const [x, y, zoom] = [coordinate(value.x), coordinate(value.y), coordinate(value.zoom)]
  const [width, height] = [extent(value.width), extent(value.height)]
  if (x === undefined || y === undefined || zoom === undefined) return undefined
  return width === undefined || height === undefined ? undefined : { x, y, width, height, zoom }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
