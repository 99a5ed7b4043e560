import { linkRole, ROLES, strongerRole, type Access, type Role } from '@sketchroom/shared/roles'
import type { Member } from '@sketchroom/shared/api/rooms'

/** What a person is on a board, and whether it was given to them or comes with the link. */
type Standing = Pick<Member, 'role' | 'via'>

/**
 * What the interface offers. The server decides (`server/src/core/access.ts`); this only spares people
 * buttons that would be refused.
 */
export function mayRename(role: Role): boolean {
  return role !== 'viewer'
}

/** Deleting, restoring and choosing who the link lets in are the owner's. */
export function mayManage(role: Role): boolean {
  return role === 'owner'
}

/**
 * The roles that one member may give to another; empty when the select would be of no use. Editors only
 * raise, and those whose role is the link's give none.
 */
export function rolesToGive(self: Standing, member: Standing): readonly Role[] {
  if (self.role === 'owner') return ROLES
  const canRise = member.via === 'link' || member.role === 'viewer'
  return self.role === 'editor' && self.via === 'member' && canRise ? ['viewer', 'editor'] : []
}

/** Whether the link gives everybody more than this role, so that giving it would change nothing. */
export function isBelowLink(role: Role, access: Access | undefined): boolean {
  return access !== undefined && strongerRole(role, linkRole(access)) !== role
}

/** Whether somebody with `own` role may remove other members. */
export function mayRemove(own: Role): boolean {
  return own === 'owner'
}

/** Whether a member may leave a board with these members: an owner must remain. */
export function mayLeave({ role }: Pick<Member, 'role'>, members: readonly Pick<Member, 'role'>[]): boolean {
  return role !== 'owner' || members.filter((member) => member.role === 'owner').length > 1
}

/** The name of a role, as people read it. */
export const ROLE_NAMES: Record<Role, string> = { owner: 'Owner', editor: 'Editor', viewer: 'Viewer' }
