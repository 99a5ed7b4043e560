import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { DocumentStore } from '../server/src/ports/document-store.ts'
import { openServerStorage, serverEnvironment } from '../server/src/testing/server-data.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../server/src/testing/test-room.ts'
import { startTestServer, type TestServer } from '../server/src/testing/test-server.ts'

const SCRIPT = fileURLToPath(new URL('./quarantine.ts', import.meta.url))

let dataDir: string
let server: TestServer
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  server = await startTestServer({ dataDir })
})
afterAll(() => server.remove())

/** Runs the script as an operator would, on what the running server stores: what it printed, and its exit code. */
function run(...args: string[]) {
  return runIn({}, ...args)
}

async function runIn(
  more: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, ...(await serverEnvironment(dataDir, more)) }
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

/** The store as another process sees it. */
async function withStore<T>(work: (store: DocumentStore) => Promise<T>): Promise<T> {
  const storage = await openServerStorage(dataDir)
  try {
    return await work(storage.documentStore)
  } finally {
    await storage.close()
  }
}

/** A room of three words, each an update of its own, that is in nobody's memory any more. */
async function openRoomOfThreeWords() {
  const room = await openRoom(server)
  for (const [n, word] of ['one', 'two', 'three'].entries()) {
    const client = await joinRoom(server, room.roomId, room.ownerToken)
    client.write(client.edit(setWord(word)))
    await vi.waitFor(() => expect([client.answers, wordsOf(client).length]).toEqual([['durable'], n + 1]))
    client.terminate()
  }
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  return room
}

test('a record that was set aside is given back while the server runs, and seen on the board', async () => {
  const { roomId, ownerToken } = await openRoomOfThreeWords()
  await withStore((store) => store.quarantine({ roomId, kind: 'update', seq: 2 }, 'a bug that has been fixed'))
  const listed = await run('list')
  expect(listed.code).toBe(0)
  expect(listed.out).toMatch(
    new RegExp(`^${roomId} update 2: 20.*Z, by .+, \\d+ bytes: a bug that has been fixed\n1 set aside.\n$`),
  )
  expect((await run('show', '--room', roomId)).out).toMatch(/inserts of client \d+ up to 2; deletes nothing/)

  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['one', 'three']))
  expect(await run('try')).toEqual({ code: 0, out: `${roomId} update 2: sound\n`, err: '' })
  expect(wordsOf(ada)).toEqual(['one', 'three'])

  const given = await run('give-back', '--room', roomId, '--kind', 'update', '--seq', '2')
  expect(given).toEqual({ code: 0, out: `${roomId} update 2: given back as update 4\n`, err: '' })
  expect((await run('list')).out).toBe('Nothing is set aside.\n')
  // Who has the board open has it with the next edit.
  ada.write(ada.edit(setWord('four')))
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['four', 'one', 'three', 'two']))
  const bob = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['four', 'one', 'three', 'two']))
})

test('a board that nobody has open is whole for who opens it', async () => {
  const { roomId, ownerToken } = await openRoomOfThreeWords()
  await withStore((store) => store.quarantine({ roomId, kind: 'update', seq: 3 }, 'a bug that has been fixed'))
  expect((await run('give-back')).code).toBe(0)
  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['one', 'three', 'two']))
})

test('what is still damaged is refused with words, and stays; the rest of the list is given back', async () => {
  const { roomId } = await openRoomOfThreeWords()
  await withStore(async (store) => {
    const [update] = await store.readSince(roomId, 2)
    const bytes = update!.update.slice(0, -3)
    // A disk that forgot: the checksum is that of what was written.
    await store.append({ id: 'damage', rooms: [{ roomId, entries: [{ ...update!, update: bytes }] }] })
    await store.quarantine({ roomId, kind: 'update', seq: 2 }, 'sound again')
    await store.quarantine({ roomId, kind: 'update', seq: 4 }, 'damaged')
    onTestFinished(() =>
      withStore(async (later) => void (await later.giveBack({ roomId, kind: 'update', seq: 4 }, update!))),
    )
  })
  const { code, out } = await run('give-back')
  expect(code).toBe(1)
  expect(out.split('\n')).toEqual([
    `${roomId} update 2: given back as update 5`,
    `${roomId} update 4: refused: its bytes are not those that were written`,
    '',
  ])
  expect((await run('try')).code).toBe(1)
  expect((await run('list')).out).toMatch(/update 4: .*: damaged\n1 set aside.\n$/)
})

test('a key that no server has yet is not written by, and not noted', async () => {
  const { code, out, err } = await runIn({ ENCRYPTION_KEY: '11'.repeat(32) }, 'list')
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(/^Nothing was done: no server has been started with this ENCRYPTION_KEY/)
  expect((await run('list')).code).toBe(0)
})

test("a room's id may begin with a dash", async () => {
  expect(await run('list', '--room', '-yeD4BRVObeBLxdVufaA1')).toEqual({
    code: 0,
    out: 'Nothing is set aside.\n',
    err: '',
  })
})

test.each([
  [[], 'Say what to do.'],
  [['forget'], 'There is no command forget.'],
  [['list', '--room', '?'], "? is no room's id."],
])('asked for %o, it says what it can do', async (args, message) => {
  const { code, err } = await run(...args)
  expect([code, err.split('\n')[0]]).toEqual([2, message])
  expect(err).toContain('give-back')
})
