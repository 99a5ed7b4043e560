import type { RoomId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { SketchRoomError } from '../../errors.ts'
import type { RoomStore } from '../../ports/room-store.ts'
import { can, principalOf, roleIn, type AccessFacts, type Action } from './access.ts'
import type { Actor } from '../accounts/actor.ts'

/** What is known about an actor who may at least see the room. */
export type VisibleRoom = AccessFacts & { readonly role: Role }

/** Reads what decides over an actor in a room; undefined when there is no such room. */
export async function findFacts(store: RoomStore, actor: Actor, roomId: RoomId): Promise<AccessFacts | undefined> {
  const [room, membership] = await Promise.all([
    store.findRoom(roomId),
    store.findMembership(roomId, principalOf(actor)),
  ])
  return room && { room, membership }
}

/**
 * The room, if the actor may do all of this there. A room that they may not even see is `not_found`, as
 * if it did not exist; one that they may see, `forbidden`.
 */
export async function getFactsFor(
  store: RoomStore,
  actor: Actor,
  roomId: RoomId,
  actions: readonly Action[],
): Promise<VisibleRoom> {
  const facts = await findFacts(store, actor, roomId)
  const role = facts && roleIn(actor, facts)
  if (!facts || !role) throw noSuchRoom()
  if (!actions.every((action) => can(actor, action, facts))) {
    throw new SketchRoomError('forbidden', 'Your role in this room does not allow that.')
  }
  return { ...facts, role }
}

/** The one answer about a room that is not there, or not for the asking person. */
export function noSuchRoom(): SketchRoomError {
  return new SketchRoomError('not_found', 'There is no such room, or it is not open to you.')
}
