import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { addressBlockListSchema } from '@sketchroom/shared/api/admin'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema } from '@sketchroom/shared/api/rooms'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { ComposeOptions } from '../compose.ts'
import type { RoomStore } from '../ports/room-store.ts'
import { call, createUser, toTestUser } from '../testing/api-client.ts'
import { aroundStore, type Around } from '../testing/around-store.ts'
import { removeServerData } from '../testing/server-data.ts'
import { startTestRedis, type TestRedis } from '../testing/test-redis.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let redis: TestRedis
let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
})
afterEach(async () => {
  await redis.kill()
  await removeServerData(dataDir)
})

/** An instance over this test's database and Redis. */
async function startInstance(
  options: ComposeOptions & { trustProxy?: number } = {},
  environment: Record<string, string> = {},
): Promise<TestServer> {
  const server = await startTestServer({ ...options, dataDir, environment: { REDIS_URL: redis.url, ...environment } })
  onTestFinished(async () => void (await server.stop()))
  return server
}

test('with Redis, an edit on one instance is seen on the other at once, and cursors too', async () => {
  redis = await startTestRedis()
  const [first, second] = [await startInstance(), await startInstance()]
  const { roomId, editorToken, viewerToken } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, viewerToken)]
  const started = performance.now()
  for (const word of ['one', 'two', 'three']) {
    ada.write(ada.edit(setWord(word)))
    await vi.waitFor(() => expect(wordsOf(bob)).toContain(word), { interval: 5 })
  }
  console.log(`three edits in a row took ${Math.round(performance.now() - started)} ms`)

  const [hers, his] = [new Awareness(new Y.Doc()), new Awareness(new Y.Doc())]
  hers.setLocalState({ pointer: { x: 1, y: 2 } })
  ada.sendAwareness(encodeAwarenessUpdate(hers, [hers.clientID]))
  const seen = () => {
    for (const update of bob.awarenessUpdates.splice(0)) applyAwarenessUpdate(his, update, null)
    return his.getStates().get(hers.clientID)
  }
  await vi.waitFor(() => expect(seen()).toMatchObject({ pointer: { x: 1, y: 2 }, user: { name: 'ed' } }))
  ada.terminate()
  await vi.waitFor(() => expect(seen()).toBeUndefined())
})

test('without Redis at the start, rooms load, edits are acknowledged, and both instances converge', async () => {
  redis = await startTestRedis({ isUp: false })
  const [first, second] = [await startInstance(), await startInstance()]
  const { roomId, editorToken, viewerToken } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, viewerToken)]
  ada.write(ada.edit(setWord('one')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['one']), 2_000)
  await redis.restart()
  ada.write(ada.edit(setWord('two')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['one', 'two']), 2_000)
})

/** By hand, `OUTAGE_SECONDS=30`. */
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 3) * 1_000

test.each([
  { what: 'stopped', away: () => redis.kill(), back: () => redis.restart() },
  { what: 'frozen', away: () => Promise.resolve(redis.freeze()), back: () => Promise.resolve(redis.thaw()) },
])(
  `Redis is $what for ${OUTAGE_MS / 1_000} s while somebody draws: the other instance follows, and nothing is lost`,
  async ({ what, away, back }) => {
    redis = await startTestRedis()
    const [first, second] = [await startInstance(), await startInstance()]
    const { roomId, editorToken, viewerToken } = await openRoom(first)
    const [ada, bob] = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, viewerToken)]
    const drawnAt = new Map<string, number>()
    const arrivals: Array<{ at: number; delayMs: number }> = []
    bob.onUpdate = () => {
      for (const word of wordsOf(bob)) {
        const at = drawnAt.get(word)
        if (at === undefined) continue
        arrivals.push({ at: performance.now(), delayMs: performance.now() - at })
        drawnAt.delete(word)
      }
    }
    let words = 0
    const drawing = setInterval(() => {
      const word = `word ${String(++words).padStart(5, '0')}`
      drawnAt.set(word, performance.now())
      ada.write(ada.edit(setWord(word)))
    }, 100)
    onTestFinished(() => clearInterval(drawing))
    await vi.waitFor(() => expect(arrivals.length).toBeGreaterThan(5))
    const goneAt = performance.now()
    await away()
    await wait(OUTAGE_MS)
    await back()
    const returnedAt = performance.now()
    await wait(3_000)
    clearInterval(drawing)
    await vi.waitFor(() => expect(drawnAt.size).toBe(0))
    expect(wordsOf(bob)).toEqual(wordsOf(ada))
    await vi.waitFor(() => expect(ada.answers).toEqual(Array.from({ length: words }, () => 'durable')))
    const slowest = (from: number, to: number) =>
      Math.round(Math.max(0, ...arrivals.filter(({ at }) => at >= from && at < to).map(({ delayMs }) => delayMs)))
    const late = arrivals.filter(({ at, delayMs }) => at > returnedAt && delayMs > 500).map(({ at }) => at - returnedAt)
    console.log(
      `Redis ${what} for ${OUTAGE_MS} ms: ${words} edits, 0 lost; before at most ${slowest(0, goneAt)} ms apart, ` +
        `meanwhile ${slowest(goneAt, returnedAt)}, afterwards ${slowest(returnedAt, Infinity)}; ` +
        `apart by more than 500 ms until ${Math.round(Math.max(0, ...late))} ms after its return`,
    )
  },
)

test('access that changes on one instance changes on the other: removal, role, deletion, sign-out, name', async () => {
  redis = await startTestRedis()
  const [first, second] = [await startInstance(), await startInstance()]
  const owner = await first.api.guest('Olga')
  const room = await first.api.createRoom(owner.accessToken, 'link-view')
  const people = await Promise.all(['Ada', 'Bob', 'Cy', 'Dan'].map((name) => first.api.guest(name)))
  const [ada, bob, cy, dan] = await Promise.all(people.map(({ accessToken }) => joinRoom(second, room.id, accessToken)))
  await vi.waitFor(async () =>
    expect(await presentOn(first, owner.accessToken, room.id)).toEqual(['Ada', 'Bob', 'Cy', 'Dan']),
  )

  await first.api.setMember(owner.accessToken, room.id, people[0]!.user.id, 'editor')
  await vi.waitFor(() => expect(ada?.notices).toContainEqual({ type: 'role', role: 'editor' }))
  await first.api.call('DELETE', apiPath('member', { roomId: room.id, userId: people[1]!.user.id }), {
    token: owner.accessToken,
  })
  expect(await bob?.closed).toMatchObject({ code: 4403 })
  await first.api.call('POST', apiPath('signout'), { token: people[2]!.accessToken, body: {} })
  expect(await cy?.closed).toMatchObject({ code: 4401 })
  await first.api.call('PATCH', apiPath('me'), { token: people[3]!.accessToken, body: { name: 'Daniel' } })
  await vi.waitFor(async () => expect(await presentOn(first, owner.accessToken, room.id)).toEqual(['Ada', 'Daniel']))
  await first.api.call('DELETE', apiPath('room', { roomId: room.id }), { token: owner.accessToken })
  expect(await dan?.closed).toMatchObject({ code: 4410 })
})

test('while Redis is away, who is removed on one instance is found out on the other; what they then write is refused', async () => {
  redis = await startTestRedis({ isUp: false })
  const [first, second] = [await startInstance(), await startInstance()]
  const owner = await first.api.guest('Olga')
  const room = await first.api.createRoom(owner.accessToken, 'link-edit')
  const ada = await first.api.guest('Ada')
  const client = await joinRoom(second, room.id, ada.accessToken)
  await first.api.call('DELETE', apiPath('member', { roomId: room.id, userId: ada.user.id }), {
    token: owner.accessToken,
  })
  expect(await client.closed).toMatchObject({ code: 4403 })
})

test('who tells two instances different things under one clock divides nobody: the journal decides', async () => {
  redis = await startTestRedis({ isUp: false })
  const [first, second] = [await startInstance(), await startInstance()]
  const { roomId, editorToken, viewerToken } = await openRoom(first)
  const liar = [await joinRoom(first, roomId, editorToken), await joinRoom(second, roomId, editorToken)] as const
  const says = (word: string) => {
    const doc = new Y.Doc()
    doc.clientID = 4711
    setWord(word)(doc)
    return Y.encodeStateAsUpdate(doc)
  }
  liar[0].write(says('one thing'))
  liar[1].write(says('other talk'))
  await vi.waitFor(() => expect([liar[0].answers, liar[1].answers].flat().length).toBeGreaterThan(0))
  await redis.restart()
  const seenOn = async (server: TestServer) => {
    const reader = await joinRoom(server, roomId, viewerToken)
    await vi.waitFor(() => expect(reader.step2Count).toBe(1))
    return wordsOf(reader)
  }
  await vi.waitFor(async () => {
    const [here, there] = [await seenOn(first), await seenOn(second)]
    expect(here).toHaveLength(1)
    expect(there).toEqual(here)
  })
})

test('what an administrator does on one instance holds on the other within a second: a sign-in ended, an address blocked', async () => {
  redis = await startTestRedis()
  const first = await startInstance({ trustProxy: 1 })
  const { user } = await createUser(first.api, 'Ada', 'ada@example.org')
  await first.stop()
  const environment = { ADMINS: `ada@example.org:${user.id}` }
  const [here, there] = [
    await startInstance({ trustProxy: 1 }, environment),
    await startInstance({ trustProxy: 1 }, environment),
  ]
  const credentials = { email: 'ada@example.org', password: 'correct horse' }
  const token = toTestUser(await call(here.api, 'POST', apiPath('signin'), { body: credentials })).accessToken
  const bob = await there.api.guest('Bob')
  const room = await there.api.createRoom(bob.accessToken, 'link-edit')
  const cy = await there.api.guest('Cy')
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  const his = await joinRoom(there, room.id, bob.accessToken)
  const hers = await joinRoom(there, room.id, cy.accessToken, { headers })

  let startedAt = performance.now()
  await here.api.call('DELETE', apiPath('adminSessions', { userId: bob.user.id }), { token })
  expect(await his.closed).toMatchObject({ code: 4401 })
  const endedMs = performance.now() - startedAt
  startedAt = performance.now()
  const body = { network: '203.0.113.7', reason: 'It floods us.' }
  await here.api.call('POST', apiPath('adminBlocks'), { token, body })
  expect(await hers.closed).toMatchObject({ code: 4529, reason: 'address_blocked' })
  const blockedMs = performance.now() - startedAt
  console.log(`ended after ${Math.round(endedMs)} ms, blocked after ${Math.round(blockedMs)} ms`)
  // What is not told is only looked for every five seconds.
  expect(Math.max(endedMs, blockedMs)).toBeLessThan(3_000)
  expect((await call(there.api, 'GET', apiPath('auth'), { headers })).status).toBe(403)

  // Without Redis, the other instance looks by itself.
  await redis.kill()
  const { data } = addressBlockListSchema.parse(
    await (await there.api.call('GET', apiPath('adminBlocks'), { token })).json(),
  )
  await here.api.call('DELETE', apiPath('adminBlock', { blockId: data[0]?.id ?? '' }), { token })
  await vi.waitFor(
    async () => expect((await call(there.api, 'GET', apiPath('auth'), { headers })).status).toBe(200),
    10_000,
  )
})

async function presentOn(server: TestServer, token: string, roomId: string): Promise<string[]> {
  const response = await server.api.call('GET', apiPath('room', { roomId }), { token })
  return roomSchema
    .parse(await response.json())
    .present.map(({ name }) => name)
    .sort()
}

test('while neither Redis nor the database can be asked who may be here, nobody is sent away', async () => {
  redis = await startTestRedis({ isUp: false })
  let isAway = false
  let asked = 0
  const around: Around<RoomStore> = (_call, work) => {
    if (!isAway) return work()
    asked += 1
    return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
  }
  const server = await startInstance({ wrapRoomStore: (store) => aroundStore(store, around) })
  const { roomId, editorToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, editorToken)
  isAway = true
  await vi.waitFor(() => expect(asked).toBeGreaterThan(1), 20_000)
  isAway = false
  ada.write(ada.edit(setWord('still here')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
})
