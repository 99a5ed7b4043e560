import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterAll(() => stage.close())

const heading = ({ page }: BoardActor, name: string) =>
  page.getByRole('heading', { name }).waitFor({ timeout: SOON.timeout })
const link = ({ page }: BoardActor, name: string) => page.getByRole('main').getByRole('link', { name, exact: true })

test('a server that lets in no guests any more says so, and offers to sign in instead; a guest can become an account', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await expect.poll(() => ada.status(), SOON).toBe('Saved')
  await stage.killServer()
  await stage.restartServer({ GUESTS: 'off' })

  const bob = await stage.enter()
  await bob.page.goto(stage.origin)
  await bob.page.getByText('This server lets in only people with an account').waitFor({ timeout: SOON.timeout })
  expect(await bob.page.getByRole('button', { name: 'New board' }).count()).toBe(0)
  await bob.page.goto(url)
  await heading(bob, 'Sign in to open this board')
  expect(await link(bob, 'Sign in').getAttribute('href')).toBe(
    `/signin?next=${encodeURIComponent(new URL(url).pathname)}`,
  )

  await ada.page.goto(stage.origin)
  await heading(ada, 'Sign in to go on')
  await link(ada, 'Create an account').click()
  await ada.page.getByLabel('Name').fill('Ada')
  await ada.page.getByLabel('E-mail address').fill('ada@example.org')
  await ada.page.getByLabel('Password', { exact: true }).fill('correct horse')
  await ada.page.getByRole('button', { name: 'Create account' }).click()
  await ada.page.getByRole('list', { name: 'Your boards' }).waitFor({ timeout: SOON.timeout })
  await ada.open(url)
  expect(await ada.elements()).toHaveLength(1)
})

test('a server that makes no new accounts says so before a form is filled in', async () => {
  await stage.killServer()
  await stage.restartServer({ SIGNUP: 'closed' })
  const bob = await stage.enter()
  await bob.page.goto(`${stage.origin}/signup`)
  await heading(bob, 'No new accounts')
  expect(await bob.page.getByRole('button', { name: 'Create account' }).count()).toBe(0)
  await link(bob, 'Sign in').click()
  await bob.page.getByText('Ask whoever runs this server').waitFor({ timeout: SOON.timeout })
})
