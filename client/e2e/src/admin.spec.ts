import { apiPath } from '@sketchroom/shared/api/paths'
import { signedInSchema } from '@sketchroom/shared/api/auth'
import { afterEach, expect, test, vi } from 'vitest'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
afterEach(() => stage.close())

test('an operator becomes an administrator by what the page shows, ends a sign-in, and blocks an address', async () => {
  stage = await Stage.open()
  const account = { email: 'ada@example.org', password: 'correct horse' }
  await stage.api.call('POST', apiPath('signup'), { body: { ...account, name: 'Ada' } })
  const { page } = await stage.enter()
  const signIn = async () => {
    await page.goto(`${stage.origin}/admin`)
    await page.getByRole('main').or(page.getByText('This page is for')).first().waitFor()
    await page.getByRole('link', { name: 'Sign in' }).last().click()
    await page.getByLabel('E-mail').fill(account.email)
    await page.getByLabel('Password', { exact: true }).fill(account.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await signIn()
  // Not named yet: nothing but what to write, and no link to here.
  const entry = page.getByRole('textbox', { name: 'This account, as ADMINS names it' })
  const named = await entry.inputValue()
  expect(named).toMatch(/^ada@example\.org:[\w-]{21}$/)
  expect(await page.getByRole('heading', { name: 'Boards' }).count()).toBe(0)
  await page.getByRole('button', { name: /^Account: Ada/ }).click()
  expect(await page.getByRole('menuitem', { name: 'Administration' }).count()).toBe(0)

  await stage.killServer()
  await stage.restartServer({ ADMINS: named })
  await page.goto(stage.origin)
  await page.getByRole('button', { name: /^Account: Ada/ }).click()
  await page.getByRole('menuitem', { name: 'Administration' }).click()
  await page.getByRole('heading', { name: 'Boards', exact: true }).waitFor()

  // Somebody draws, whom the administrator finds, and signs out of everything.
  const response = await stage.api.call('POST', apiPath('signup'), {
    body: { email: 'bob@example.org', password: 'correct horse', name: 'Bob' },
  })
  const bob = signedInSchema.parse(await response.json())
  await stage.api.createRoom(bob.accessToken)
  await page.getByRole('searchbox').fill('bob@example.org')
  await page.getByRole('list', { name: 'Boards' }).getByText('A board').waitFor()
  await page.getByRole('link', { name: 'People' }).click()
  await page.getByRole('button', { name: 'Sign-ins of Bob…' }).click()
  await page.getByRole('button', { name: 'End all…' }).click()
  await page.getByRole('button', { name: 'End them' }).click()
  await page.getByText('They are not signed in anywhere.').waitFor()
  const me = () => stage.api.call('GET', apiPath('me'), { token: bob.accessToken })
  expect((await me()).status).toBe(401)
  await page.keyboard.press('Escape')

  await page.getByRole('link', { name: 'Blocked addresses' }).click()
  await page.getByRole('button', { name: 'Block an address…' }).click()
  const network = page.getByLabel('Address or network')
  await network.fill('127.0.0.0/8')
  await page.getByLabel('Reason').fill('It floods us.')
  await page.keyboard.press('Enter')
  await page.getByText(/which you come from yourself|this machine itself/).waitFor()
  expect(await network.getAttribute('aria-invalid')).toBe('true')
  await network.fill('203.0.113.7')
  await page.keyboard.press('Enter')
  const row = page.getByRole('list', { name: 'Blocked addresses' }).getByRole('listitem')
  await row.getByText('203.0.113.7/32').waitFor()
  await row.getByRole('button', { name: 'Let in again: 203.0.113.7/32' }).click()
  await page.getByText('No address is blocked').waitFor()

  // Offline, it says so, and is back by itself.
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'Set aside' }).click()
  await page.getByRole('heading', { name: 'The server cannot be reached' }).waitFor()
  await page.context().setOffline(false)
  await vi.waitFor(async () => expect(await page.getByText('Nothing is set aside').count()).toBe(1), SOON)
})
