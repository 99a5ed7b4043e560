import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiPath } from '@sketchroom/shared/api/paths'
import { memberListSchema, roomListSchema, roomSchema } from '@sketchroom/shared/api/rooms'
import { expect, onTestFinished, test } from 'vitest'
import { SqlAccountsStore } from '../adapters/sql/sql-accounts-store.ts'
import { SqlRoomStore } from '../adapters/sql/sql-room-store.ts'
import { call, createUser, toTestUser } from '../testing/api-client.ts'
import { openServerStorage, removeServerData } from '../testing/server-data.ts'
import { startApi } from '../testing/start-api.ts'

test('a guest makes a board, invites somebody, signs up, and comes back after a restart, all in SQL', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  onTestFinished(() => removeServerData(directory))
  const start = async () => {
    const storage = await openServerStorage(directory)
    const accountsStore = new SqlAccountsStore(storage.main.db)
    const api = await startApi({ accountsStore, roomStore: new SqlRoomStore(storage.main) })
    return {
      api,
      async stop() {
        await api.close()
        await storage.close()
      },
    }
  }

  const first = await start()
  const guest = await createUser(first.api, 'Ada')
  const friend = await createUser(first.api, 'Grace')
  const { accessToken: token } = guest
  const { id: roomId } = (await call(first.api, 'POST', apiPath('rooms'), { token, body: { name: 'Board' } })).as(
    roomSchema,
  )
  const memberPath = apiPath('member', { roomId, userId: friend.user.id })
  expect((await call(first.api, 'PUT', memberPath, { token, body: { role: 'viewer' } })).status).toBe(200)
  const credentials = { email: 'ada@example.org', password: 'correct horse' }
  await call(first.api, 'POST', apiPath('signup'), { cookie: guest.cookie, body: { ...credentials, name: 'Ada' } })
  await first.stop()

  const second = await start()
  onTestFinished(() => second.stop())
  const back = toTestUser(await call(second.api, 'POST', apiPath('signin'), { body: credentials }))
  expect(back.user).toMatchObject({ id: guest.user.id, isGuest: false })
  const { data } = (await call(second.api, 'GET', apiPath('rooms'), { token: back.accessToken })).as(roomListSchema)
  expect(data).toMatchObject([{ id: roomId, role: 'owner' }])
  const people = await call(second.api, 'GET', apiPath('members', { roomId }), { token: friend.accessToken })
  expect(people.as(memberListSchema).data.map(({ user, role }) => [user.name, role])).toEqual([
    ['Ada', 'owner'],
    ['Grace', 'viewer'],
  ])
})
