import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../server/src/testing/test-postgres.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let postgres: TestPostgres
let stage: Stage
beforeAll(async () => {
  postgres = await startTestPostgres()
  stage = await Stage.open({ environment: { DATABASE_URL: await postgres.createDatabase() } })
})
afterAll(async () => {
  await stage.close()
  await postgres.stop()
})

/** By hand, `OUTAGE_SECONDS=30`. */
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 3) * 1_000

test('the database is gone while two draw: both are told, see each other, and a reload takes nothing; all is saved on its return', async () => {
  const [ada, bob, cem] = [await stage.enter(), await stage.enter(), await stage.enter()]
  const url = await ada.newBoard()
  await bob.open(url)
  await cem.page.goto(stage.origin)
  await ada.draw('rectangle', [300, 300], [400, 380])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  await postgres.kill()
  await ada.draw('ellipse', [500, 300], [600, 380])
  const told = /The server cannot save right now · \d+ changes? kept on this device/
  await vi.waitFor(async () => expect(await ada.status()).toMatch(told), SOON)
  await vi.waitFor(async () => expect(await bob.count()).toBe(2), SOON)
  await bob.draw('ellipse', [500, 500], [600, 580])
  await vi.waitFor(async () => expect(await bob.status()).toMatch(told), SOON)
  await ada.page.reload()
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.count()).toBe(3), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toMatch(told), SOON)
  await cem.page.goto(url)
  await cem.page.getByRole('heading', { name: 'This board cannot be opened right now' }).waitFor(SOON)
  await wait(OUTAGE_MS)
  await ada.draw('rectangle', [300, 500], [400, 580])

  await postgres.restart()
  const returnedAt = performance.now()
  for (const person of [ada, bob]) await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  const savedMs = performance.now() - returnedAt
  for (const person of [ada, bob, cem]) await vi.waitFor(async () => expect(await person.count()).toBe(4), SOON)
  console.log(
    `saved ${Math.round(savedMs)} ms after its return, everywhere after ${Math.round(performance.now() - returnedAt)}`,
  )
})
