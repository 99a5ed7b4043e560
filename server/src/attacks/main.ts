/**
 * Plays what was seen to do harm against a server in a process of its own, while somebody draws elsewhere from another
 * process: `node server/src/attacks/main.ts`, perhaps with the beginnings of names. Prints how long 99 of 100 of the other's
 * edits took while it was quiet and while it went on, and the most memory that the server held. At the end the server is
 * killed, and each board has to be there when it has started anew: if not, this ends with 1. `ATTACKED=small` is a server with
 * the README's settings for 512 MB.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../testing/free-port.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { mostMb, SMALL_MACHINE } from '../testing/small-machine.ts'
import { openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { ApiCaller } from '../testing/test-server.ts'
import { ATTACKS } from './attacks.ts'
import { comeIn, until, write, type Place } from './place.ts'

const QUIET_MS = 4_000
/** It goes on for so long at least: what waits for a moment is not lost among a few. */
const AFTER_MS = 2_000

const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
const port = await findFreePort()
const environment = process.env['ATTACKED'] === 'small' ? SMALL_MACHINE : {}
let server = await ServerProcess.start(port, dataDir, environment)
const place: Place = { api: new ApiCaller(`http://127.0.0.1:${port}`), syncUrl: `ws://127.0.0.1:${port}/sync`, port }

const chosen = Object.entries(ATTACKS).filter(
  ([name]) => process.argv.length < 3 || process.argv.slice(2).some((begin) => name.startsWith(begin)),
)
const elsewhere = await openRoom(place)
const bystander = fork(fileURLToPath(new URL('bystander-process.ts', import.meta.url)), [
  place.syncUrl,
  elsewhere.roomId,
  elsewhere.ownerToken,
])
await once(bystander, 'message')
// Who attacks has a machine of their own: here they must not take the processor from the others.
setPriority(constants.priority.PRIORITY_LOW)
/** The attacks after which a board was not there, or did not go on. */
const lost = new Set<string>()
const boards: Array<{ name: string; roomId: string; ownerToken: string }> = []
for (const [name, attack] of chosen) {
  const board = await openRoom(place)
  boards.push({ name, ...board })
  const ada = await comeIn(place, board.roomId, board.ownerToken)
  await write(ada, ada.edit(setWord('before')))
  await takeP99(bystander)
  await wait(QUIET_MS)
  const quiet = await takeP99(bystander)
  let fault = ''
  const most = await mostMb(server.pid, async () => {
    await attack(place, board).catch((error: unknown) => (fault = String(error)))
    await wait(AFTER_MS)
  })
  const during = await takeP99(bystander)
  const isSaved = (await write(ada, ada.edit(setWord('after')))) === 'durable'
  if (!isSaved) lost.add(name)
  ada.terminate()
  const figures = [`${Math.round(quiet)} ms quiet`, `${Math.round(during)} ms`, `${(during / quiet).toFixed(1)} ×`]
  process.stdout.write(
    `${name}: ${figures.join(', ')}; ${Math.round(most)} MB; the board ${isSaved ? 'goes on' : 'IS LOST'} ${fault}\n`,
  )
}
await server.end('SIGKILL')
server = await ServerProcess.start(port, dataDir, environment)
for (const { name, roomId, ownerToken } of boards) {
  const newcomer = await comeIn(place, roomId, ownerToken)
  const isThere = await until(() => ['before', 'after'].every((word) => wordsOf(newcomer).includes(word)), 10_000)
  if (!isThere) {
    lost.add(name)
    process.stdout.write(`${name}: THE BOARD IS NOT THERE after the server was killed\n`)
  }
  newcomer.terminate()
}
process.stdout.write(`${boards.length} boards were looked at after the server was killed\n`)
bystander.kill()
await server.end('SIGKILL')
await removeServerData(dataDir)
process.exit(lost.size > 0 ? 1 : 0)

/** How long 99 of 100 edits took at most since it was asked last, in milliseconds. */
async function takeP99(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message')
  child.send('take')
  return ((await answer) as [number])[0]
}
