import type { UserId } from '@sketchroom/shared/ids'
import { linkRole, ROLES, strongerRole, type Role } from '@sketchroom/shared/roles'
import type { MembershipRecord, RoomRecord } from '../../ports/room-store.ts'
import type { Actor } from '../accounts/actor.ts'

/** What must be known to decide: the room, and the membership of `principalOf(actor)` in it. */
export interface AccessFacts {
  readonly room: RoomRecord
  readonly membership?: MembershipRecord | undefined
}

/** The least role for each thing that somebody may do to a room. */
const LEAST_ROLE = {
  'room:view': 'viewer',
  'room:draw': 'editor',
  'room:rename': 'editor',
  /** Slug and metadata. */
  'room:configure': 'owner',
  'room:set-access': 'owner',
  'room:delete': 'owner',
  'room:restore': 'owner',
  'members:list': 'viewer',
  /** Make somebody viewer or editor who was not removed. Decided by the role that one was given in person. */
  'members:invite': 'editor',
  /** Make somebody an owner. */
  'members:set-owner': 'owner',
  /** Give somebody a weaker role than they were given before. */
  'members:lower': 'owner',
  /** Leave. The last owner may not, which the store knows. */
  'members:leave': 'viewer',
  /** Remove somebody, or let a removed person back in. */
  'members:remove': 'owner',
  /** Decided by the role that one was given in person, too. */
  'tokens:mint': 'editor',
} as const satisfies Record<string, Role>

/** Something that somebody may do to a room. */
export type Action = keyof typeof LEAST_ROLE

/** Every action, for tests that must be complete. */
export const ACTIONS = Object.keys(LEAST_ROLE) as Action[]

/** A room token opens the drawing, and nothing that manages the room. */
const ROOM_TOKEN_ACTIONS: ReadonlySet<Action> = new Set(['room:view', 'room:draw'])

/** Whose membership decides for an actor: a room token stands for the person who minted it. */
export function principalOf(actor: Actor): UserId {
  return actor.kind === 'user' ? actor.userId : actor.mintedBy
}

/** The actor's role in the room; undefined when they have none, and in a deleted room. */
export function roleIn(actor: Actor, facts: AccessFacts): Role | undefined {
  return facts.room.deletedAt === null ? standingIn(actor, facts) : undefined
}

/** The role that the actor has, or had before the room was deleted. */
export function standingIn(actor: Actor, { room, membership }: AccessFacts): Role | undefined {
  // Somebody who was removed is out, whatever the link allows to strangers.
  const personal =
    membership && membership.removedAt !== null
      ? undefined
      : strongerRole(membership?.role ?? undefined, linkRole(room.access))
  if (actor.kind === 'user') return personal
  if (!personal || actor.roomId !== room.id) return undefined
  // A token never opens more than its minter may open now, so that removing them ends it too.
  return atLeast(personal, actor.role) ? actor.role : personal
}

/** The one place that decides who may do what. */
export function can(actor: Actor, action: Action, facts: AccessFacts): boolean {
  if (actor.kind === 'room-token' && !ROOM_TOKEN_ACTIONS.has(action)) return false
  const role = roleFor(actor, action, facts)
  return role !== undefined && atLeast(role, LEAST_ROLE[action])
}

/** The role that decides over an action. */
function roleFor(actor: Actor, action: Action, facts: AccessFacts): Role | undefined {
  const role = roleIn(actor, facts)
  switch (action) {
    case 'room:restore':
      return standingIn(actor, facts)
    // Who came by the link could otherwise name themselves, or speak for a host's users.
    case 'members:invite':
    case 'tokens:mint':
      return role && (facts.membership?.role ?? undefined)
    default:
      return role
  }
}

function atLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least)
}
