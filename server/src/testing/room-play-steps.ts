import { apiPath } from '@sketchroom/shared/api/paths'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import * as fc from 'fast-check'
import type { RoomStore } from '../ports/room-store.ts'
import type { ModelCredential, ModelPerson } from './access-model.ts'
import { createBreakingUpdate } from './breaking-update.ts'
import type { PlayedClient, RoomPlay } from './room-play.ts'

/** Tokens that end within this time of each other end in one step: some of it passes while a play goes on. */
const SAME_END_MS = 60_000
const MAX_PRESENT = 8
const MAX_ON_A_SOCKET = 6

/** What can happen, and how often in relation to the rest. */
const WEIGHTS = {
  join: 12,
  mint: 3,
  leave: 2,
  'cut frame': 2,
  'cut cable': 2,
  role: 4,
  removal: 3,
  access: 3,
  'sign-out': 2,
  renewal: 2,
  'a stranger’s token': 2,
  expiry: 2,
  'store fails': 2,
  'store works': 3,
  drop: 2,
  restart: 2,
  deletion: 2,
  'change while joining': 4,
} as const

/** The name of something that happens. */
export type StepKind = keyof typeof WEIGHTS

/** Every name. */
export const STEP_KINDS = Object.keys(WEIGHTS) as StepKind[]

/** Something that happens to somebody; the numbers choose whom and how, and wrap around. */
export interface Step {
  readonly kind: StepKind
  readonly whom: number
  readonly how: number
  /** What is asked after the change is answered late. */
  readonly late: boolean
}

/** Any step. */
export const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...STEP_KINDS.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: fc.constant(kind) }))),
  whom: fc.nat(1_000),
  how: fc.nat(1_000),
  late: fc.boolean(),
})

/** Does a step, to the server and to the model; false when there is nobody to do it to. */
export async function perform(play: RoomPlay, { kind, whom, how, late }: Step): Promise<boolean> {
  const others = play.present.filter((client) => client !== play.owner)
  const other = chosen(others, whom)
  const person = chosen(play.people.slice(1), whom) as ModelPerson
  switch (kind) {
    case 'join':
      return await joinIn(
        play,
        chosen(play.credentials.slice(-12), whom),
        how % 3 === 0 ? chosen(others, how) : undefined,
      )
    case 'mint':
      return await mintAndCome(play, whom, how)
    case 'leave':
      other?.raw.sendType(MESSAGE.close)
      return await isOut(play, other)
    case 'cut frame':
      other?.raw.sendType(...(CUT_FRAMES[how % CUT_FRAMES.length] as (typeof CUT_FRAMES)[0]))
      return await isOut(play, other)
    case 'cut cable':
      return await cutCable(play, other)
    case 'role':
      return await change(play, late && 'putMembership', async () => {
        await giveRole(play, person, ROLES[how % 3] as Role)
        // Whatever is answered late about the first must not stand against the second. Nothing is asked about who is away.
        const isAffected = play.present.some(({ credential }) => credential.person === person)
        if (isAffected && how % 2) await giveRole(play, person, ROLES[(how + 1) % 3] as Role)
      })
    case 'removal':
      return await change(play, late && 'putMembership', () => remove(play, person))
    case 'access':
      return await change(play, late && 'updateRoom', () => setAccess(play, how))
    case 'sign-out':
      return await change(play, false, () => signOut(play, person))
    case 'renewal':
      return await renew(play, chosen(play.present, whom), how)
    case 'a stranger’s token': {
      const stranger = play.people.find(({ userId }) => userId !== other?.credential.person.userId) as ModelPerson
      await play.keepSignedIn(stranger)
      other?.raw.sendToken(play.tokenOf(stranger))
      return await isOut(play, other)
    }
    case 'expiry':
      return await expire(play, other?.credential)
    case 'store fails':
      play.breakStore()
      return true
    case 'store works':
      play.stage.storeFails = false
      return true
    case 'drop':
      return await drop(
        play,
        chosen(
          play.present.filter((each) => mayDraw(play.roleOf(each) ?? 'viewer')),
          whom,
        ),
      )
    case 'restart':
      if (play.stage.storeFails) return false
      await play.stage.restart()
      return await allOut(play)
    case 'deletion':
      await change(play, false, () => deleteRoom(play))
      await joinIn(play, chosen(play.credentials.slice(-12), whom), undefined)
      return await restoreRoom(play)
    case 'change while joining':
      return await changeWhileJoining(play, chosen(play.credentials.filter(isGoodIn(play)), whom), how)
  }
}

const ROLES: readonly Role[] = ['viewer', 'editor', 'owner']

/** Frames that end too early, and one of a type that there is not. */
const CUT_FRAMES: ReadonlyArray<readonly [type: number, body?: Uint8Array]> = [
  [MESSAGE.auth],
  [MESSAGE.auth, Uint8Array.of(0, 200)],
  [MESSAGE.sync],
  [MESSAGE.sync, Uint8Array.of(2, 9, 1)],
  [MESSAGE.awareness, Uint8Array.of(5, 1, 1)],
  [42],
]

async function joinIn(
  play: RoomPlay,
  credential: ModelCredential | undefined,
  shared?: PlayedClient,
): Promise<boolean> {
  if (!credential || play.present.length >= MAX_PRESENT) return false
  const mates = play.clients.filter(({ socket }) => socket === shared?.socket)
  await play.arrive(await play.come(credential, mates.length < MAX_ON_A_SOCKET ? shared : undefined))
  return true
}

/** Somebody mints a token, now and then one who may not, and whom it is for comes with it. */
async function mintAndCome(play: RoomPlay, whom: number, how: number): Promise<boolean> {
  const minters = play.people.filter((person) => how % 4 === 0 || play.model.mayMint(person))
  const minter = chosen(minters, whom) as ModelPerson
  const credential = await play.mint(minter, how % 2 ? 'editor' : 'viewer', `host-${how % 3}`)
  return credential !== undefined && (await joinIn(play, credential))
}

async function isOut(play: RoomPlay, client: PlayedClient | undefined): Promise<boolean> {
  if (!client) return false
  await play.expectOut(client)
  return true
}

async function cutCable(play: RoomPlay, client: PlayedClient | undefined): Promise<boolean> {
  if (!client) return false
  client.raw.terminate()
  await client.raw.closed
  for (const each of play.present) if (each.socket === client.socket) await play.expectOut(each)
  return true
}

/**
 * Makes a change that is answered; at that moment everybody writes, whatever they have become. With `late`, the first
 * question that the server asks after that call of its store is answered when it has had time to do wrong.
 */
async function change(play: RoomPlay, late: keyof RoomStore | false, make: () => Promise<unknown>): Promise<boolean> {
  const { rooms, server } = play.stage
  await play.keepSignedIn(play.people[0] as ModelPerson)
  if (late) rooms.holdNext('findMembership', { after: late })
  await make()
  play.takeAway()
  for (const client of play.present) play.write(client)
  if (late) for (let n = 0; n < 2; n++) await server.api.call('GET', '/live')
  rooms.release()
  await play.follow()
  return true
}

async function giveRole(play: RoomPlay, person: ModelPerson, role: Role): Promise<void> {
  const path = apiPath('member', { roomId: play.roomId, userId: person.userId })
  const { status } = await play.call('PUT', path, { body: { role } })
  play.check(status === 200, `giving a role answers ${status}`)
  Object.assign(person, { role, removed: false })
}

async function remove(play: RoomPlay, person: ModelPerson): Promise<void> {
  const path = apiPath('member', { roomId: play.roomId, userId: person.userId })
  const { status } = await play.call('DELETE', path)
  // Who only ever came by the link is known to the room too.
  play.check(status === 204 || (status === 404 && (person.removed || !person.role)), `removing answers ${status}`)
  if (status === 204) Object.assign(person, { role: undefined, removed: true })
}

async function setAccess(play: RoomPlay, how: number): Promise<void> {
  const access = (['private', 'link-view', 'link-edit'] as const)[how % 3] as 'private'
  const { status } = await play.call('PATCH', apiPath('room', { roomId: play.roomId }), { body: { access } })
  play.check(status === 200, `changing the link answers ${status}`)
  play.model.access = access
}

async function signOut(play: RoomPlay, person: ModelPerson): Promise<void> {
  await play.keepSignedIn(person)
  const { status } = await play.call('POST', apiPath('signout'), { token: play.tokenOf(person) })
  play.check(status === 204, `signing out answers ${status}`)
  person.signedOut = true
  // A guest cannot come back; another of that name does.
  await play.signIn(person.name)
}

async function deleteRoom(play: RoomPlay): Promise<void> {
  const { status } = await play.call('DELETE', apiPath('room', { roomId: play.roomId }))
  play.check(status === 204, `deleting answers ${status}`)
  play.model.isDeleted = true
}

async function restoreRoom(play: RoomPlay): Promise<boolean> {
  const { status } = await play.call('POST', apiPath('restoreRoom', { roomId: play.roomId }))
  play.check(status === 200, `restoring answers ${status}`)
  play.model.isDeleted = false
  await play.letOwnerIn()
  return true
}

/** A fresh token for the same person, on the open connection. */
async function renew(play: RoomPlay, client: PlayedClient | undefined, how: number): Promise<boolean> {
  if (!client) return false
  const { person, guest } = client.credential
  if (!guest && person.signedOut) return false
  const role = how % 2 ? 'editor' : 'viewer'
  const credential = guest ? await play.mint(person, role, guest.userId) : await play.refresh(person)
  if (!credential) return false
  const { notices } = client.raw
  const heard = notices.length
  client.raw.sendToken(credential.token)
  await play.until(`${client.name} has a new token`, () => notices.slice(heard).some(({ type }) => type === 'role'))
  client.credential = credential
  const last = notices.findLast(({ type }) => type === 'role')
  play.check(last?.type === 'role' && last.role === play.roleOf(client), `${client.name} is now ${play.roleOf(client)}`)
  return true
}

/** The clock comes to where a token ends. The owner has a fresh one by then. */
async function expire(play: RoomPlay, credential: ModelCredential | undefined): Promise<boolean> {
  if (!credential) return false
  const { stage } = play
  let end = credential.expiresAt
  for (const { expiresAt } of [...play.credentials].sort((a, b) => a.expiresAt - b.expiresAt)) {
    if (expiresAt > end && expiresAt <= end + SAME_END_MS) end = expiresAt
  }
  const leftMs = end - stage.now()
  if (leftMs < 0) return false
  stage.aheadMs += Math.round(leftMs / 2)
  if (play.owner.isIn) await renew(play, play.owner, 0)
  stage.aheadMs += end - stage.now() + 1
  play.takeAway()
  for (const client of play.present) play.write(client)
  await play.follow()
  return true
}

/** An update that does not integrate ends everybody's stay, and takes nobody's work. */
async function drop(play: RoomPlay, client: PlayedClient | undefined): Promise<boolean> {
  if (!client || play.stage.storeFails) return false
  client.raw.write(createBreakingUpdate())
  return await allOut(play)
}

async function allOut(play: RoomPlay): Promise<boolean> {
  for (const client of play.present) await play.expectOut(client)
  await play.letOwnerIn()
  return true
}

/** Whether a credential, which is not the owner's own, lets somebody in now. */
const isGoodIn = (play: RoomPlay) => (credential: ModelCredential) =>
  (credential.guest !== undefined || credential.person !== play.people[0]) &&
  play.model.roleOf(credential, play.stage.now()) !== undefined

/** Somebody is let in, and while the room is read, what that rested on changes. */
async function changeWhileJoining(
  play: RoomPlay,
  credential: ModelCredential | undefined,
  how: number,
): Promise<boolean> {
  const { stage, people } = play
  const [owner] = people as [ModelPerson]
  if (!credential || stage.storeFails) return false
  for (const client of play.present) await cutCable(play, client)
  await play.until('the room has left memory', () => stage.server.app.roomCount() === 0)
  await play.keepSignedIn(owner)
  stage.documents.hold('load')
  const client = await play.come(credential)
  // A snapshot of the room may be under way, and reads it as well.
  await play.until('the room is being read', () => stage.documents.waiting.length > 0)
  const { person } = credential
  const isOwners = person === owner
  const changes = [
    () => setAccess(play, how >> 3),
    () => expire(play, credential),
    () => deleteRoom(play),
    ...(isOwners ? [] : [() => remove(play, person), () => giveRole(play, person, ROLES[how % 2] as Role)]),
    ...(isOwners || person.signedOut ? [] : [() => signOut(play, person)]),
  ]
  await changes[how % changes.length]?.()
  stage.documents.release()
  await play.arrive(client)
  if (play.model.isDeleted) return await restoreRoom(play)
  await play.letOwnerIn()
  return true
}

function chosen<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % list.length]
}
