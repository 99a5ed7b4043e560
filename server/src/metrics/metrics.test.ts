import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { DocumentStore } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { findFreePort } from '../testing/free-port.ts'
import { HeldCalls } from '../testing/held-calls.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, openRoom, setWord } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const TOKEN = 'a-token-that-only-the-tests-know'

const held = new HeldCalls<DocumentStore>()
let ownPort: number
let server: TestServer
beforeAll(async () => {
  ownPort = await findFreePort()
  server = await startTestServer({
    wrapDocumentStore: (store) => aroundStore(store, held.around),
    environment: {
      METRICS_TOKEN: TOKEN,
      METRICS_PORT: `${ownPort}`,
      PUBLIC_URL: 'https://example.org/boards',
      MAX_BOARD_ELEMENTS: '2',
    },
  })
})
afterEach(() => held.release())
afterAll(() => server.remove())

/** The numbers as Prometheus would read them, by name with labels. */
async function read(): Promise<Map<string, number>> {
  const answer = await server.api.call('GET', '/metrics', { token: TOKEN })
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

/** What has become more since then. */
async function moreThan(before: Map<string, number>, ...names: string[]): Promise<number[]> {
  const now = await read()
  return names.map((name) => (now.get(`sketchroom_${name}`) ?? 0) - (before.get(`sketchroom_${name}`) ?? 0))
}

test('an edit is counted, and so is how long it waited for the store', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const before = await read()
  const ada = await joinRoom(server, roomId, ownerToken)
  expect(await moreThan(before, 'sockets', 'rooms', 'stays', 'edits_total')).toEqual([1, 1, 1, 0])
  held.hold('append')
  const update = ada.edit(setWord('one'))
  ada.write(update)
  await vi.waitFor(async () => expect(await moreThan(before, 'edits_total', 'journal_pending_updates')).toEqual([1, 1]))
  const first = await read()
  expect(first.get('sketchroom_journal_pending_bytes')).toBeGreaterThan(update.length)
  await vi.waitFor(async () =>
    expect((await read()).get('sketchroom_journal_oldest_seconds')).toBeGreaterThan(
      first.get('sketchroom_journal_oldest_seconds') ?? 0,
    ),
  )
  expect(await moreThan(before, 'acknowledgement_seconds_count', 'commit_seconds_count')).toEqual([0, 0])
  held.release()
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const counted = ['acknowledgement_seconds_count', 'commit_seconds_count', 'commit_updates_sum', 'commit_bytes_sum']
  expect(await moreThan(before, ...counted)).toEqual([1, 1, 1, update.length])
  const waited = (first.get('sketchroom_journal_oldest_seconds') ?? 0) / 2
  expect((await moreThan(before, 'acknowledgement_seconds_sum'))[0]).toBeGreaterThan(waited)
  const after = await read()
  expect(after.get('sketchroom_journal_pending_updates')).toBe(0)
  expect(after.get('sketchroom_journal_pending_bytes')).toBe(0)
  expect(after.get('sketchroom_journal_oldest_seconds')).toBe(0)
  ada.close()
  await vi.waitFor(async () => expect(await moreThan(before, 'stays', 'sockets')).toEqual([0, 0]))
  expect(await moreThan(before, 'stays_ended_total{reason="client"}')).toEqual([1])
})

test('what is refused is counted by its reason', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const before = await read()
  const viewer = await joinRoom(server, roomId, viewerToken)
  viewer.write(viewer.edit(setWord('graffiti')))
  await vi.waitFor(() => expect(viewer.answers).toEqual(['refused']))
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit((doc) => doc.transact(() => ['one', 'two', 'three'].forEach((word) => setWord(word)(doc)))))
  await vi.waitFor(() => expect(ada.answers).toEqual(['refused']))
  const stranger = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => stranger.terminate())
  await stranger.join('no token')
  await stranger.closed
  await server.api.call('GET', `/api/v1/rooms/${roomId}`)
  const fulls = [...(await read()).keys()].filter((name) => /edits_refused_total.*reason="board_full"/.test(name))
  expect(fulls).toEqual([expect.stringMatching(/rule="G\d+"/)])
  expect(
    await moreThan(
      before,
      'edits_total',
      'edits_refused_total{reason="read_only",rule="none"}',
      'connections_refused_total{reason="unauthenticated"}',
      'http_refused_total{code="unauthenticated"}',
      'http_request_seconds_count{route="/api/v1/rooms/:roomId",method="GET",status="4xx"}',
    ),
  ).toEqual([0, 1, 1, 1, 1])
  const text = [...(await read()).keys()].join('\n')
  for (const secret of [roomId, '127.0.0.1', 'host-user', viewerToken]) expect(text).not.toContain(secret)
})

test('nobody reads the metrics without the token', async () => {
  for (const path of ['/metrics', '/boards/metrics']) {
    expect((await server.api.call('GET', path, { token: TOKEN })).status).toBe(200)
    for (const token of [`${TOKEN}x`, TOKEN.slice(1), undefined]) {
      const refused = await server.api.call('GET', path, token === undefined ? {} : { token })
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(await refused.text()).not.toContain('sketchroom_')
    }
  }
  // The scheme has no case.
  const headers = { authorization: `bearer ${TOKEN}` }
  expect((await fetch(`${server.api.origin}/metrics`, { headers })).status).toBe(200)
})

test('on a port of its own there are the metrics, and nothing else', async () => {
  const own = `http://127.0.0.1:${ownPort}`
  expect(await (await fetch(`${own}/metrics`)).text()).toContain('\nsketchroom_ready 1\n')
  for (const path of ['/', '/ready', '/api/v1/rooms']) expect((await fetch(own + path)).status).toBe(404)
  expect((await fetch(`${own}/metrics`, { method: 'POST' })).status).toBe(404)
})

test('without a token and a port of its own, there are none', async () => {
  const plain = await startTestServer()
  onTestFinished(() => plain.remove())
  expect((await plain.api.call('GET', '/metrics', { token: TOKEN })).status).toBe(404)
})
