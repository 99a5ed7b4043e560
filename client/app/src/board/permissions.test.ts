import { ROLES } from '@sketchroom/shared/roles'
import { expect, test } from 'vitest'
import { isBelowLink, mayLeave, rolesToGive } from './permissions.ts'

const owner = { role: 'owner', via: 'member' } as const
const editor = { role: 'editor', via: 'member' } as const
const viewer = { role: 'viewer', via: 'member' } as const
const byLink = { role: 'editor', via: 'link' } as const
const lookingByLink = { role: 'viewer', via: 'link' } as const

test('an owner may give every role to everybody', () => {
  for (const member of [owner, editor, viewer, byLink]) {
    expect(rolesToGive(owner, member)).toEqual(['viewer', 'editor', 'owner'])
  }
})

test('an editor may raise viewers and name who came by the link, and lower nobody', () => {
  for (const member of [viewer, byLink, lookingByLink])
    expect(rolesToGive(editor, member)).toEqual(['viewer', 'editor'])
  for (const member of [owner, editor]) expect(rolesToGive(editor, member)).toEqual([])
})

test('an editor by the link, like a viewer, may give no role', () => {
  for (const self of [byLink, viewer, lookingByLink]) {
    for (const member of [owner, editor, viewer, byLink, lookingByLink]) expect(rolesToGive(self, member)).toEqual([])
  }
})

test('nobody is less than the link makes everybody', () => {
  expect(ROLES.filter((role) => isBelowLink(role, 'link-edit'))).toEqual(['viewer'])
  for (const access of ['link-view', 'private', undefined] as const) {
    expect(ROLES.filter((role) => isBelowLink(role, access))).toEqual([])
  }
})

test('everybody may leave, while an owner remains', () => {
  for (const self of [editor, viewer, byLink]) expect(mayLeave(self, [owner, self])).toBe(true)
  expect([mayLeave(owner, [owner, editor]), mayLeave(owner, [owner, owner])]).toEqual([false, true])
})
