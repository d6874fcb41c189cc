import { expect, test } from 'vitest'
import { threadsOf } from '../../../src/contract/threads.ts'

test('threads are what was set, else what the environment says, else one for each processor', () => {
  expect(threadsOf(3, { SNIP_THREADS: '5' }, 8)).toBe(3)
  expect(threadsOf(0, { SNIP_THREADS: '5' }, 8)).toBe(5)
  expect(threadsOf(0, {}, 8)).toBe(8)
})

test.each(['', '0', '-1', '1.5', '257', 'many'])('%j in the environment counts for nothing', (value) => {
  expect(threadsOf(0, { SNIP_THREADS: value }, 8)).toBe(8)
})
