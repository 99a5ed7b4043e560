import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const exists = (path: string) => existsSync(new URL(`../${path}`, import.meta.url))

/** The rows of the page's table that names tests: a file, which may be named from one of these folders, and a title. */
const FOLDERS = ['server/src/sync/', 'server/src/', '']
const rows = [...read('docs/security.md').matchAll(/^\|[^|]*\| `([^`|]+\.ts)` *\| ([^|]+?) *\|$/gm)]

test('each test that the page on security names is there, by that title', () => {
  const unknown = rows.filter(([, file = '', title = '']) => {
    const path = FOLDERS.map((folder) => folder + file).find(exists)
    return path === undefined || !read(path).includes(`'${title}'`)
  })
  expect(unknown.map(([, file, title]) => `${file}: ${title}`)).toEqual([])
  expect(rows.length).toBeGreaterThan(40)
})
