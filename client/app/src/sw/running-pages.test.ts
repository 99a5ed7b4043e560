import { expect, test } from 'vitest'
import { findRunningScripts } from './running-pages.ts'

const lock = (name: string): LockInfo => ({ name, mode: 'shared', clientId: 'x' })

test('what open pages run is read from the locks that they hold, and other locks are left alone', () => {
  const held = [lock('sketchroom.session'), lock('sketchroom.page /assets/app-1.js'), lock('somebody.else')]
  expect(findRunningScripts('/', 1, held)).toEqual(['/assets/app-1.js'])
})

test('a tab that has not said yet what it runs may run anything', () => {
  expect(
    findRunningScripts('/', 2, [lock('sketchroom.page /assets/app-1.js'), lock('sketchroom.session')]),
  ).toBeUndefined()
})

test('without any page nothing runs', () => {
  expect(findRunningScripts('/', 0, [])).toEqual([])
})

test('what runs below another path is of another server', () => {
  const held = [lock('sketchroom.page /a/assets/app-1.js'), lock('sketchroom.page /b/assets/app-2.js')]
  expect(findRunningScripts('/b/', 1, held)).toEqual(['/b/assets/app-2.js'])
  expect(findRunningScripts('/b/', 2, held)).toBeUndefined()
})
