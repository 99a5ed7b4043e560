import { UserIdleState } from '@excalidraw/excalidraw'
import type { Collaborator, SocketId } from '@excalidraw/excalidraw/types'
import type { RemotePerson } from './drawing-surface.ts'

const IDLE_STATES: Readonly<Record<RemotePerson['activity'], UserIdleState>> = {
  active: UserIdleState.ACTIVE,
  idle: UserIdleState.IDLE,
  away: UserIdleState.AWAY,
}

/** People as Excalidraw draws them: cursors with names, and frames around what they have selected. */
export function collaboratorsOf(people: readonly RemotePerson[]): Map<SocketId, Collaborator> {
  return new Map(people.map((person) => [socketIdOf(person.clientId), collaboratorOf(person)]))
}

/** A client's name in Excalidraw. */
export function socketIdOf(clientId: number): SocketId {
  return String(clientId) as SocketId
}

function collaboratorOf(person: RemotePerson): Collaborator {
  return {
    id: hueId(person.color),
    socketId: socketIdOf(person.clientId),
    username: person.name,
    userState: IDLE_STATES[person.activity],
    selectedElementIds: Object.fromEntries(person.selection.map((id) => [id, true as const])),
    ...(person.pointer && {
      pointer: { x: person.pointer.x, y: person.pointer.y, tool: person.pointer.tool },
      button: person.pointer.down ? ('down' as const) : ('up' as const),
    }),
  }
}

/**
 * An id that Excalidraw draws in the colour's hue. It offers no colour, but hashes the id to one of 37 hues ten
 * degrees apart, and hashes a single character to its code.
 */
function hueId(color: string): string {
  return String.fromCharCode(37 * 2 + Math.round(hueOf(color) / 10))
}

function hueOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) || 0)
  const most = Math.max(red, green, blue)
  const range = most - Math.min(red, green, blue)
  if (range === 0) return 0
  const sixth =
    most === red
      ? ((green - blue) / range + 6) % 6
      : most === green
        ? (blue - red) / range + 2
        : (red - green) / range + 4
  return sixth * 60
}
