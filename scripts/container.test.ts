import { readFileSync } from 'node:fs'
import { validate } from 'dockerfile-utils'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('the Dockerfile has no fault that a linter finds', () => {
  expect(validate(read('Dockerfile'))).toEqual([])
  expect(validate(read('Dockerfile').replace('FROM node', 'FORM node'))).not.toEqual([])
})

test('the image is built once for all instances: two builds of one name at the same time end with "already exists"', () => {
  // In one service, and not in what all instances share.
  expect(read('compose.yaml').match(/^ *build:/gm)).toEqual(['    build:'])
})

test('what the manuals tell operators to run is in the container', () => {
  const manuals = ['backup', 'encryption', 'hosting', 'operating', 'upgrade'].map((name) => read(`docs/${name}.md`))
  const scripts = new Set(manuals.join('').match(/scripts\/[a-z-]+\.ts/g))
  expect(scripts).toContain('scripts/backup.ts')
  for (const name of scripts) expect(read('scripts/assemble.ts')).toContain(`'${name}',`)
})
