import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Keyring, parseKeys } from '../adapters/encryption/keyring.ts'
import { createMigrator } from '../adapters/sql/migrate.ts'
import { openStorage } from '../adapters/sql/open-storage.ts'
import type { SqlStorage } from '../adapters/sql/sql-database.ts'
import { POSTGRES_URL, removeServerData, serverEnvironment } from '../testing/server-data.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, openRoom, setWord, writePlain } from '../testing/test-room.ts'
import { startTestServer } from '../testing/test-server.ts'
import { MANIFEST } from './backup-manifest.ts'
import { DATABASE } from './data-files.ts'
import { makeBackup, type Installation } from './make-backup.ts'
import { restoreBackup } from './restore-backup.ts'
import { verifyStorage } from './verify-storage.ts'

const isOnPostgres = process.env[POSTGRES_URL] !== undefined

/** Where an installation is or may be, on the engine of this run. */
async function newPlace(): Promise<Installation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  return { dataDir, databaseUrl: (await serverEnvironment(dataDir))['DATABASE_URL'] }
}

async function elsewhere(): Promise<Installation> {
  const place = await newPlace()
  onTestFinished(() => removeServerData(place.dataDir))
  return place
}

const storagePlace = ({ dataDir, databaseUrl }: Installation) => ({ file: join(dataDir, DATABASE), databaseUrl })

/** Opens what is stored, as a server does, for as long as `work` takes. */
async function withStorage<T>(place: Installation, work: (storage: SqlStorage) => Promise<T>): Promise<T> {
  const storage = await openStorage(storagePlace(place))
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

const verify = (place: Installation) => verifyStorage(storagePlace(place))
const namesIn = async (directory: string) => (await readdir(directory)).filter((name) => !name.endsWith('.lock')).sort()

let here: Installation
/** A board with an edit. */
beforeAll(async () => {
  here = await newPlace()
  const server = await startTestServer({ dataDir: here.dataDir })
  const { roomId, ownerToken } = await openRoom(server)
  const ada = new RawClient(server.syncUrl, roomId)
  await ada.join(ownerToken)
  const answer = new Promise((resolve) => (ada.onAnswer = resolve))
  ada.write(ada.edit(setWord('one')))
  await answer
  ada.terminate()
  await server.stop()
})
afterAll(() => removeServerData(here.dataDir))

async function backUp(place = here): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-backups-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await makeBackup(place, join(directory, 'a-backup'))
  expect(await readdir(directory)).toEqual(['a-backup'])
  return join(directory, 'a-backup')
}

const SOUND = { rooms: 1, updates: 1, faults: [] }

test('what is restored is sound, with the files of the data directory; nobody else may look into either', async () => {
  await mkdir(join(here.dataDir, 'assets/ab'), { recursive: true })
  await writeFile(join(here.dataDir, 'assets/ab/picture'), 'what is in it')
  onTestFinished(() => rm(join(here.dataDir, 'assets'), { recursive: true }))
  const [backup, there] = [await backUp(), await elsewhere()]
  expect((await stat(backup)).mode & 0o777).toBe(0o700)
  await restoreBackup(backup, there, { replace: false })
  expect(await verify(there)).toMatchObject(SOUND)
  expect(await readFile(join(there.dataDir, 'assets/ab/picture'), 'utf8')).toBe('what is in it')
  expect(await namesIn(there.dataDir)).toEqual(isOnPostgres ? ['assets'] : ['assets', 'jwt-secret', DATABASE])
  if (isOnPostgres) return
  const secretIn = ({ dataDir }: Installation) => readFile(join(dataDir, 'jwt-secret'), 'utf8')
  expect(await secretIn(there)).toBe(await secretIn(here))
})

test('nothing is restored over an installation, unless that is said; then its files are kept', async () => {
  const [backup, there] = [await backUp(), await elsewhere()]
  await restoreBackup(backup, there, { replace: false })
  const again = restoreBackup(backup, there, { replace: false })
  await expect(again).rejects.toThrow(/is not empty: it has jwt-secret|holds an installation already/)
  const { replaced } = await restoreBackup(backup, there, { replace: true })
  expect(await verify(there)).toMatchObject(SOUND)
  expect(replaced && (await namesIn(replaced))).toEqual(isOnPostgres ? undefined : ['jwt-secret', DATABASE])
})

test('nothing is restored while a server uses the place', async () => {
  const [backup, there] = [await backUp(), await elsewhere()]
  const server = await startTestServer({ dataDir: there.dataDir })
  onTestFinished(() => server.stop().then(() => undefined))
  await expect(restoreBackup(backup, there, { replace: true })).rejects.toThrow('SketchRoom process')
  expect(await verify(there)).toMatchObject({ rooms: 0, faults: [] })
})

test('a backup that is spoilt is not restored, and leaves nothing', async () => {
  const [backup, there] = [await backUp(), await elsewhere()]
  const bytes = await readFile(join(backup, DATABASE))
  await writeFile(join(backup, DATABASE), bytes.with(bytes.length - 9, (bytes.at(-9) ?? 0) ^ 1))
  await expect(restoreBackup(backup, there, { replace: false })).rejects.toThrow('is not as it was written')
  expect(await namesIn(there.dataDir)).toEqual([])
})

test('a backup of a newer version is refused in words', async () => {
  const [backup, there] = [await backUp(), await elsewhere()]
  const manifest = JSON.parse(await readFile(join(backup, MANIFEST), 'utf8')) as { migrations: string[] }
  manifest.migrations.push('9999-of-tomorrow')
  await writeFile(join(backup, MANIFEST), JSON.stringify(manifest))
  await expect(restoreBackup(backup, there, { replace: false })).rejects.toThrow('a newer version of SketchRoom')
})

test.skipIf(isOnPostgres)('a backup of an older version is brought up to date, and stays as it is', async () => {
  const [old, there] = [await elsewhere(), await elsewhere()]
  await restoreBackup(await backUp(), old, { replace: false })
  await withStorage(old, ({ main }) => createMigrator(main.db).migrateTo('0002-documents-by-number'))
  const backup = await backUp(old)
  const before = await readFile(join(backup, DATABASE))
  await restoreBackup(backup, there, { replace: false })
  expect(await verify(there)).toMatchObject(SOUND)
  expect(before.equals(await readFile(join(backup, DATABASE)))).toBe(true)
})

test.runIf(isOnPostgres)('whoever goes back is told to restore into an empty database', async () => {
  const [backup, there] = [await backUp(), await elsewhere()]
  await restoreBackup(backup, there, { replace: false })
  await withStorage(there, ({ main }) =>
    sql`insert into kysely_migration (name, timestamp) values ('9999-of-tomorrow', '')`.execute(main.db),
  )
  await expect(restoreBackup(backup, there, { replace: true })).rejects.toThrow('restore into an empty one')
})

test.runIf(isOnPostgres)('what was in PostgreSQL is restored to SQLite, and back', async () => {
  const [sqlite, there] = [{ ...(await elsewhere()), databaseUrl: undefined }, await elsewhere()]
  await restoreBackup(await backUp(), sqlite, { replace: false })
  expect(await verify(sqlite)).toMatchObject(SOUND)
  await restoreBackup(await backUp(sqlite), there, { replace: false })
  expect(await verify(there)).toMatchObject(SOUND)
})

test('what is drawn with a key is found in no file without it, in a backup neither, and all of it is sound', async () => {
  const [there, key] = [await elsewhere(), 'ab'.repeat(32)]
  const server = await startTestServer({ dataDir: there.dataDir, environment: { ENCRYPTION_KEY: key } })
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const answer = new Promise((resolve) => (ada.onAnswer = resolve))
  ada.write(ada.edit(writePlain('text', 'what nobody is to read')))
  await answer
  await server.stop()
  const backup = await backUp(there)
  expect((await readFile(join(backup, DATABASE))).includes('what nobody is to read')).toBe(false)
  expect((await readFile(join(await backUp(), DATABASE))).includes('rectangle')).toBe(true)
  const keyring = new Keyring(parseKeys(key))
  const place = { file: join(backup, DATABASE), databaseUrl: undefined }
  expect(await verifyStorage(place, keyring)).toMatchObject(SOUND)
  await expect(verifyStorage(place)).rejects.toThrow('set ENCRYPTION_KEY')
})
