import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { elementOf } from './codec.ts'
import { findElement } from './document.ts'
import { KEYS } from './keys.ts'

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')

test('the ten lines of the README draw a box', async () => {
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const lines = code.split('\n').filter((line) => line && !line.startsWith('import'))
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(10)
  class WebsocketProvider {
    constructor(...args: unknown[]) {
      expect(args.slice(0, 2)).toEqual(['ws://host/yjs', 'room'])
    }
  }
  const source = `export default (Y, WebsocketProvider, serverUrl, roomId, token) => {${lines.join('\n')}\nreturn doc}`
  const { default: run } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    default: (...args: unknown[]) => Y.Doc
  }
  const doc = run(Y, WebsocketProvider, 'ws://host/yjs', 'room', 'token')
  expect(elementOf('my-box-1', findElement(doc, 'my-box-1')!)).toMatchObject({
    type: 'rectangle',
    x: 100,
    y: 60,
    width: 160,
    height: 80,
    backgroundColor: '#a5d8ff',
    strokeColor: '#1e1e1e',
  })
})

test('the README tells every key and its default', () => {
  const table = /## Keys([\s\S]*?)## Order/.exec(readme)?.[1] ?? ''
  for (const { name, fallback } of KEYS) {
    const row = table.split('\n').find((line) => line.split('|')[1]?.includes(`\`${name}\``))
    expect(row, name).toBeDefined()
    if (name !== 'ink') {
      const told = /`([^`]*)`/.exec(row?.split('|').at(-2) ?? '')?.[1] ?? ''
      expect(JSON.parse(told), name).toEqual(fallback)
    }
  }
})
