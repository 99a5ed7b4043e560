import { z } from 'zod'

/** What a person may do in a room, from least to most. */
export const ROLES = ['viewer', 'editor', 'owner'] as const
/** `viewer` looks, `editor` also draws and invites, `owner` also manages and gives away. */
export const roleSchema = z.enum(ROLES)
/** What a person may do in a room. */
export type Role = z.infer<typeof roleSchema>

/** What the room's link alone opens: nothing, looking, or drawing. */
export const accessSchema = z.enum(['private', 'link-view', 'link-edit'])
/** What the room's link alone opens. */
export type Access = z.infer<typeof accessSchema>

/** The role that the link alone gives; undefined when the room is private. */
export function linkRole(access: Access): Role | undefined {
  switch (access) {
    case 'private':
      return undefined
    case 'link-view':
      return 'viewer'
    case 'link-edit':
      return 'editor'
  }
}

/** The stronger of two roles; undefined only when both are. */
export function strongerRole(a: Role | undefined, b: Role | undefined): Role | undefined {
  if (!a || !b) return a ?? b
  return ROLES.indexOf(a) >= ROLES.indexOf(b) ? a : b
}

/** Whether the role may change the drawing. */
export function mayDraw(role: Role): boolean {
  return role !== 'viewer'
}
