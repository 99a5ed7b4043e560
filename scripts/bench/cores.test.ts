import { expect, test } from 'vitest'
import { parseCpuList } from './cores.ts'

test('processors are read as taskset lists them', () => {
  expect(parseCpuList(' 0,1\n')).toEqual([0, 1])
  expect(parseCpuList('0,2-4,7')).toEqual([0, 2, 3, 4, 7])
  expect(parseCpuList('3')).toEqual([3])
})
