import { UserIdleState } from '@excalidraw/excalidraw'
import type { Collaborator, SocketId } from '@excalidraw/excalidraw/types'
import type { RemotePerson } from './drawing-surface.ts'
import { hueId } from './hue-id.ts'

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
