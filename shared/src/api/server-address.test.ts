import { expect, test } from 'vitest'
import { serverAddress, socketAddress, storageNamespace } from './server-address.ts'

test.each([
  ['https://draw.example.org', 'https://draw.example.org', 'sketchroom'],
  ['https://draw.example.org/', 'https://draw.example.org', 'sketchroom'],
  ['http://localhost:3000', 'http://localhost:3000', 'sketchroom'],
  ['https://example.org/boards', 'https://example.org/boards', 'sketchroom[/boards]'],
  ['https://example.org/boards/', 'https://example.org/boards', 'sketchroom[/boards]'],
  ['https://example.org/team/boards/', 'https://example.org/team/boards', 'sketchroom[/team/boards]'],
])('%s is the server %s, and keeps its things under %s', (url, address, namespace) => {
  expect([serverAddress(url), storageNamespace(url)]).toEqual([address, namespace])
  expect(socketAddress(url)).toBe(address.replace('http', 'ws'))
})
