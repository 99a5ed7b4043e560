import { statfs } from 'node:fs/promises'
import type { AddressBlock, AddressBlockList, AdminStorage, blockRequestSchema } from '@sketchroom/shared/api/admin'
import type { SessionId, UserId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import type { z } from 'zod'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore } from '../../ports/accounts-store.ts'
import type { AdminStore, Place } from '../../ports/admin-store.ts'
import type { UserActor } from '../accounts/actor.ts'
import { isAdministrator, type Administrators } from '../accounts/administrators.ts'
import type { Sessions } from '../accounts/sessions.ts'
import type { AddressBlocks, ComingFrom } from './address-blocks.ts'
import type { AdminLists } from './admin-lists.ts'
import type { StorageSurvey } from './storage-survey.ts'
import { shortRoomId } from '../../short-room-id.ts'
import { isoTime, toAddressBlock } from './views.ts'

/** What an administrator may see and do. None of it opens a room, or shows what is drawn in one. */
export interface AdminDesk extends Omit<AdminLists, 'sessions'> {
  /** Rejects with `not_found` for nobody. */
  sessions(userId: UserId, query: Parameters<AdminLists['sessions']>[2]): ReturnType<AdminLists['sessions']>
  /** Ends a sign-in, and its sockets on all instances within a second. Rejects with `not_found` when it is none of theirs. */
  endSession(userId: UserId, sessionId: SessionId): Promise<void>
  /** Ends all sign-ins of a person, but the one that asks. */
  endSessions(userId: UserId): Promise<void>
  storage(): Promise<AdminStorage>
  blocks(from: ComingFrom): Promise<AddressBlockList>
  block(request: z.output<typeof blockRequestSchema>, from: ComingFrom): Promise<AddressBlock>
  /** Rejects with `not_found`. */
  unblock(blockId: string): Promise<void>
}

/** The one way to an `AdminDesk`. */
export interface Administration {
  /** Rejects with `not_found`, as for a path that there is not, for everybody whom the operator has not named. */
  admit(actor: UserActor): Promise<AdminDesk>
}

/** What it is built from; `now` is in milliseconds since 1970. */
export interface AdministrationDeps {
  readonly named: Administrators
  readonly lists: AdminLists
  readonly store: AdminStore
  readonly accountsStore: Pick<AccountsStore, 'findUser' | 'findSession'>
  readonly sessions: Pick<Sessions, 'revoke' | 'isLive'>
  readonly blocks: AddressBlocks
  readonly survey: StorageSurvey
  /** Whose disk is looked at; undefined when the database is elsewhere. */
  readonly dataDir: string | undefined
  readonly log: Logger
  readonly now: () => number
}

/** Builds the administration over what it looks at. */
export function createAdministration(deps: AdministrationDeps): Administration {
  const { named, lists, store, accountsStore, sessions, blocks, survey, dataDir, now } = deps

  async function checkPerson(userId: UserId): Promise<void> {
    if (!(await accountsStore.findUser(userId))) throw new SketchRoomError('not_found', 'There is no such person.')
  }

  async function* liveSessions(userId: UserId): AsyncGenerator<SessionId> {
    let after: Place<SessionId> | undefined
    do {
      const { rows, next } = await store.listSessions(userId, { limit: 100, after, now: now() })
      yield* rows.map(({ id }) => id)
      after = next
    } while (after)
  }

  async function storage(): Promise<AdminStorage> {
    const { startedAt, finishedAt, updates, snapshots, largest } = survey.look()
    const [databaseBytes, disk, names] = await Promise.all([
      store.databaseBytes(),
      dataDir === undefined ? null : statfs(dataDir),
      store.findRoomNames(largest.map(({ roomId }) => roomId)),
    ])
    return {
      engine: store.engine,
      databaseBytes,
      disk: disk && { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
      survey: {
        startedAt: isoTime(startedAt),
        finishedAt: finishedAt === null ? null : isoTime(finishedAt),
        updates,
        snapshots,
        largest: largest.map(({ roomId, bytes }) => {
          return { shortId: shortRoomId(roomId), name: names.get(roomId) ?? null, bytes }
        }),
      },
    }
  }

  /** What the administrator does is told in the log, under their id. */
  function openDesk({ userId: adminId, sessionId: ownSession }: UserActor): AdminDesk {
    const log = deps.log.child({ adminId })
    return {
      ...lists,
      storage,

      async sessions(userId, query) {
        await checkPerson(userId)
        return await lists.sessions(userId, ownSession, query)
      },

      async endSession(userId, sessionId) {
        const session = await accountsStore.findSession(sessionId)
        if (session?.userId !== userId || !sessions.isLive(session)) {
          throw new SketchRoomError('not_found', 'There is no such sign-in, or it has ended.')
        }
        await sessions.revoke(sessionId)
        log.info({ userId, sessionId }, 'an administrator ended a sign-in')
      },

      async endSessions(userId) {
        await checkPerson(userId)
        let ended = 0
        for await (const sessionId of liveSessions(userId)) {
          if (sessionId === ownSession) continue
          await sessions.revoke(sessionId)
          ended += 1
        }
        log.info({ userId, ended }, 'an administrator ended all sign-ins of a person')
      },

      async blocks({ ip }) {
        const { records } = blocks
        const names = await store.findNames([...new Set(records.map(({ createdBy }) => createdBy))])
        return { data: records.map((block) => toAddressBlock(block, names)), nextCursor: null, yourAddress: ip }
      },

      async block({ network, reason, until }, from) {
        const end = until ? Date.parse(until) : null
        const block = await blocks.block({ network, reason, until: end }, adminId, from)
        log.info({ network: block.network, until, blockId: block.id }, 'an administrator blocked an address')
        return toAddressBlock(block, await store.findNames([adminId]))
      },

      async unblock(blockId) {
        const block = /^[\w-]{1,64}$/.test(blockId) ? await blocks.unblock(blockId) : undefined
        if (!block) throw new SketchRoomError('not_found', 'There is no such block, or it has ended.')
        log.info({ network: block.network, blockId }, 'an administrator let an address in again')
      },
    }
  }

  return {
    async admit(actor) {
      const user = await accountsStore.findUser(actor.userId)
      if (!user || !isAdministrator(user, named)) {
        throw new SketchRoomError('not_found', 'There is no such path in this API.')
      }
      return openDesk(actor)
    },
  }
}
