import { execFileSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiPath } from '@sketchroom/shared/api/paths'
import { expect, onTestFinished, test, vi } from 'vitest'
import { findFreePort } from '../testing/free-port.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { ApiCaller } from '../testing/test-server.ts'

/**
 * From now on, no file that the process writes to may grow past so many bytes. The system refuses the write, as it does on a
 * full disk, and that can be had on any Linux, by anybody, and taken back.
 */
const limitFiles = (pid: number, bytes: number | 'unlimited') =>
  execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`])

test.skipIf(process.platform !== 'linux')(
  'a full disk cannot lose anything, or make anybody believe that it is saved; people read, draw, and all is saved when there is room',
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    const port = await findFreePort()
    const server = await ServerProcess.start(port, dataDir)
    onTestFinished(async () => {
      await server.end('SIGKILL')
      await removeServerData(dataDir)
    })
    const place = { api: new ApiCaller(`http://127.0.0.1:${port}`), syncUrl: `ws://127.0.0.1:${port}/sync` }
    const isReady = async () => (await place.api.call('GET', '/ready')).status === 200
    const { roomId, ownerToken, editorToken, viewerToken } = await openRoom(place)
    const [ada, bob] = [await joinRoom(place, roomId, ownerToken), await joinRoom(place, roomId, editorToken)]
    ada.write(ada.edit(setWord('before')))
    await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))

    limitFiles(server.pid, 0)
    ada.write(ada.edit(setWord('while full')))
    await vi.waitFor(() => expect(ada.notices).toContainEqual({ type: 'store', state: 'failing' }))
    bob.write(bob.edit(setWord('and more')))
    await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['and more', 'before', 'while full']))
    const viewer = await joinRoom(place, roomId, viewerToken)
    await vi.waitFor(() => expect(wordsOf(viewer)).toEqual(['and more', 'before', 'while full']))
    expect([ada.answers, bob.answers, await isReady()]).toEqual([['durable'], [], false])
    const { status } = await place.api.call('POST', apiPath('guest'), { body: {} })
    expect(status).toBeGreaterThanOrEqual(500)

    limitFiles(server.pid, 'unlimited')
    await vi.waitFor(() => expect([ada.answers, bob.answers]).toEqual([['durable', 'durable'], ['durable']]), 10_000)
    expect(ada.notices.at(-1)).toEqual({ type: 'store', state: 'ok' })
    await vi.waitFor(async () => expect(await isReady()).toBe(true))

    await server.end('SIGKILL')
    const again = await ServerProcess.start(port, dataDir)
    onTestFinished(() => again.end('SIGKILL').then(() => undefined))
    const late = await joinRoom(place, roomId, ownerToken)
    await vi.waitFor(() => expect(wordsOf(late)).toEqual(['and more', 'before', 'while full']))
  },
)
