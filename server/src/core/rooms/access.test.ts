import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import type { Access, Role } from '@sketchroom/shared/roles'
import { expect, test } from 'vitest'
import type { MembershipRecord, RoomRecord } from '../../ports/room-store.ts'
import { ACTIONS, can, roleIn, standingIn, type AccessFacts, type Action } from './access.ts'
import type { Actor, RoomTokenActor, UserActor } from '../accounts/actor.ts'

const roomId = roomIdSchema.parse('room-0000001')
const userId = userIdSchema.parse('ada')

const user: UserActor = { kind: 'user', userId, sessionId: sessionIdSchema.parse('session-001'), expiresAt: 0 }
const token = (role: 'viewer' | 'editor', changes: Partial<RoomTokenActor> = {}): RoomTokenActor => ({
  kind: 'room-token',
  userId: userIdSchema.parse('host-user'),
  name: 'Host user',
  color: '#000000',
  roomId,
  role,
  mintedBy: userId,
  origins: [],
  expiresAt: 0,
  ...changes,
})
const room = (access: Access, deletedAt: number | null = null): RoomRecord => ({
  id: roomId,
  name: 'Board',
  slug: null,
  access,
  metadata: {},
  createdAt: 0,
  updatedAt: 0,
  deletedAt,
  version: 1,
})
const member = (role: Role | null, removedAt: number | null = null): MembershipRecord => ({
  roomId,
  userId,
  role,
  joinedAt: 0,
  removedAt,
})
const facts = (access: Access, membership?: MembershipRecord, deletedAt: number | null = null): AccessFacts => ({
  room: room(access, deletedAt),
  membership,
})

const NOTHING: readonly Action[] = []
const VIEWER: readonly Action[] = ['room:view', 'members:list', 'members:leave']
const EDITOR_BY_LINK: readonly Action[] = [...VIEWER, 'room:draw', 'room:rename']
const EDITOR: readonly Action[] = [...EDITOR_BY_LINK, 'members:invite', 'tokens:mint']
const OWNER: readonly Action[] = [
  ...EDITOR,
  'room:configure',
  'room:set-access',
  'room:delete',
  'room:restore',
  'members:set-owner',
  'members:lower',
  'members:remove',
]
const TOKEN_VIEWER: readonly Action[] = ['room:view']
const TOKEN_EDITOR: readonly Action[] = ['room:view', 'room:draw']
const elsewhere = { roomId: roomIdSchema.parse('room-0000002') }

const TABLE: ReadonlyArray<[who: string, Actor, AccessFacts, may: readonly Action[]]> = [
  ['an owner', user, facts('private', member('owner')), OWNER],
  ['an editor', user, facts('private', member('editor')), EDITOR],
  ['a viewer', user, facts('private', member('viewer')), VIEWER],
  ['a stranger', user, facts('private'), NOTHING],
  ['somebody who came by a link that is closed now', user, facts('private', member(null)), NOTHING],
  ['a stranger with a link to look', user, facts('link-view'), VIEWER],
  ['a stranger with a link to draw', user, facts('link-edit'), EDITOR_BY_LINK],
  ['a visitor with a link to draw', user, facts('link-edit', member(null)), EDITOR_BY_LINK],
  ['a viewer with a link to draw', user, facts('link-edit', member('viewer')), EDITOR_BY_LINK],
  ['an editor with a link to draw', user, facts('link-edit', member('editor')), EDITOR],
  ['an editor with a link to look', user, facts('link-view', member('editor')), EDITOR],
  ['an owner with a link to look', user, facts('link-view', member('owner')), OWNER],
  ['somebody removed from a private room', user, facts('private', member(null, 9)), NOTHING],
  ['somebody removed from a room with an open link', user, facts('link-edit', member(null, 9)), NOTHING],
  ['somebody removed whose old role was kept', user, facts('private', member('owner', 9)), NOTHING],
  ['the owner of a deleted room', user, facts('private', member('owner'), 9), ['room:restore']],
  ['an editor of a deleted room', user, facts('link-edit', member('editor'), 9), NOTHING],
  ['a stranger to a deleted room with a link', user, facts('link-edit', undefined, 9), NOTHING],
  ['a viewer’s token', token('viewer'), facts('private', member('owner')), TOKEN_VIEWER],
  ['an editor’s token', token('editor'), facts('private', member('owner')), TOKEN_EDITOR],
  ['an editor’s token minted by an editor', token('editor'), facts('private', member('editor')), TOKEN_EDITOR],
  ['a token whose minter only looks now', token('editor'), facts('private', member('viewer')), TOKEN_VIEWER],
  ['a token whose minter was removed', token('editor'), facts('link-edit', member(null, 9)), NOTHING],
  ['a token whose minter has no role', token('viewer'), facts('private'), NOTHING],
  ['a token for another room', token('editor', elsewhere), facts('link-edit', member('owner')), NOTHING],
  ['a token for a deleted room', token('editor'), facts('private', member('owner'), 9), NOTHING],
]

test.each(TABLE)('%s may do just what the table says', (_, actor, known, may) => {
  expect(ACTIONS.filter((action) => can(actor, action, known)).sort()).toEqual([...may].sort())
})

test('the role in a room is that of the living room, and the standing outlives it', () => {
  const deleted = facts('private', member('editor'), 9)
  expect(roleIn(user, deleted)).toBeUndefined()
  expect(standingIn(user, deleted)).toBe('editor')
  expect(roleIn(user, facts('link-view', member('editor')))).toBe('editor')
})

test('an owner’s token never makes an owner', () => {
  expect(roleIn(token('editor'), facts('private', member('owner')))).toBe('editor')
})
