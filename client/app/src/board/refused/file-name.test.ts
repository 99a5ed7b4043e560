import { expect, test } from 'vitest'
import { fileNameOf } from './file-name.ts'

test.each([
  ['Roadmap', 'Roadmap.excalidraw'],
  ['Q1/Q2: “plans”?', 'Q1-Q2- “plans”.excalidraw'],
  ['../..', 'Drawing.excalidraw'],
])('a board called %s is saved as %s', (board, name) => {
  expect(fileNameOf(board)).toBe(name)
})
