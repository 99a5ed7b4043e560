import { ROLES, type Role } from '@sketchroom/shared/roles'
import type { Member } from '@sketchroom/shared/api/rooms'

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

/** The roles that somebody with `own` role may give to a member; empty when the select would be of no use. */
export function rolesToGive(own: Role, member: Member): readonly Role[] {
  if (own === 'owner') return ROLES
  if (own === 'editor' && member.role !== 'owner') return ['viewer', 'editor']
  return []
}

/** Whether somebody with `own` role may remove other members. */
export function mayRemove(own: Role): boolean {
  return own === 'owner'
}

/** The name of a role, as people read it. */
export const ROLE_NAMES: Record<Role, string> = { owner: 'Owner', editor: 'Editor', viewer: 'Viewer' }
